import { HilError } from "../hil-error.ts";
import { runTool } from "./run-tool.ts";

/** Offsets in the setup header of a bzImage (Linux Documentation/arch/x86/boot.rst). */
const SETUP_SECTORS = 0x1f1;
const PAYLOAD_OFFSET = 0x248;
const PAYLOAD_LENGTH = 0x24c;
const SECTOR_BYTES = 512;

/** Compressed payloads by their first bytes; each tool tolerates the size that the kernel's build appends. */
const COMPRESSIONS = [
  { magic: [0xfd, 0x37, 0x7a, 0x58], tool: "xz", args: ["-dcq", "--single-stream"] },
  { magic: [0x28, 0xb5, 0x2f, 0xfd], tool: "zstd", args: ["-dcq"] },
  { magic: [0x1f, 0x8b], tool: "gzip", args: ["-dcq"] },
] as const;

/**
 * The ELF kernel inside a bzImage.
 * @throws {HilError} `MISSING` where the compression is unknown or its tool is not installed.
 */
export async function extractVmlinux(bzImage: Uint8Array): Promise<Uint8Array> {
  const payload = payloadOf(bzImage);
  const compression = COMPRESSIONS.find(({ magic }) => magic.every((byte, index) => payload[index] === byte));
  if (compression === undefined) {
    throw new HilError(
      "MISSING",
      "The kernel is compressed in an unknown way, by neither xz, zstd nor gzip.",
    );
  }
  return await runTool(compression.tool, compression.args, { input: payload });
}

/** The compressed kernel: behind the real-mode code, whose length is given in sectors without the first. */
export function payloadOf(bzImage: Uint8Array): Uint8Array {
  const header = new DataView(bzImage.buffer, bzImage.byteOffset, bzImage.byteLength);
  const protectedMode = (header.getUint8(SETUP_SECTORS) + 1) * SECTOR_BYTES;
  const start = protectedMode + header.getUint32(PAYLOAD_OFFSET, true);
  // The build appends the uncompressed size, four bytes, to what xz wrote.
  const length = header.getUint32(PAYLOAD_LENGTH, true) - 4;
  return bzImage.subarray(start, start + length);
}
