import { expect, test } from "vitest";
import { guestScript } from "./guest-script.ts";
import { qemuArguments } from "./qemu.ts";
import { payloadOf } from "./vmlinux.ts";

test("B2 the guest runs the command with its words, folder and environment unchanged", () => {
  const script = guestScript({
    command: ["sh", "-c", "echo 'a b' $HOME"],
    cwd: "/tmp/it's here",
    environment: { HOME: "/root", "BASH_FUNC_which%%": "() { :; }", EMPTY: "", MISSING: undefined },
  });
  expect(script).toBe(
    String.raw`export HOME='/root'
export EMPTY=''
cd '/tmp/it'\''s here' || exit 126
exec 'sh' '-c' 'echo '\''a b'\'' $HOME'
`,
  );
});

test("B2 the guest may write only the folders it is given", () => {
  const words = qemuArguments({
    image: { vmlinux: "/k/vmlinux", initramfs: "/k/initramfs" },
    folder: "/t",
    shared: "/t/job",
    writable: ["/results"],
    memoryMiB: 1024,
  });
  const shares = words.filter((word) => word.startsWith("local,"));
  expect(shares.map((share) => [/path=([^,]*)/u.exec(share)?.[1], share.includes("readonly=on")])).toEqual([
    ["/", true],
    ["/t/job", true],
    ["/results", false],
  ]);
});

test("B2 the compressed kernel is found behind the real-mode code of a bzImage", () => {
  const bzImage = new Uint8Array(4096);
  const header = new DataView(bzImage.buffer);
  header.setUint8(0x1f1, 3); // sectors of real-mode code beside the first
  header.setUint32(0x248, 0x100, true);
  header.setUint32(0x24c, 12, true);
  bzImage.set([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0, 1, 2], 4 * 512 + 0x100);
  expect(payloadOf(bzImage)).toEqual(Uint8Array.of(0xfd, 0x37, 0x7a, 0x58, 0x5a, 0, 1, 2));
});
