import { readFile } from "node:fs/promises";
import { frameTimeMs, parseCandumpLine } from "@halfshaft/vehicle-net/can";
import type { EcuProfile } from "@halfshaft/vehicle-net/ecu";

/** What a capture of the bus shows of a flash. */
export interface BusFigures {
  /** Data bytes of all frames to and from each ECU, by ecuId. */
  readonly bytes: ReadonlyMap<string, number>;
  /** Share of the time between the first and the last TransferData in which the bus was busy, 0…1. */
  readonly loadWhileFlashing: number;
  /** Time that frames took on the wire between those two, ms. */
  readonly busyWhileFlashingMs: number;
  /** Diagnostic services that were asked for, by their first bytes in hex: "3101FF00", "1002", "34". */
  readonly requests: ReadonlySet<string>;
}

/** Reads a candump log of a bus at `bitrate` and sums it up by the addresses of the profiles. */
export async function readCapture(
  file: string,
  bitrate: number,
  ecus: readonly { readonly ecuId: string; readonly profile: EcuProfile }[],
): Promise<BusFigures> {
  const bytes = new Map(ecus.map((ecu) => [ecu.ecuId, 0]));
  const ecuById = new Map(
    ecus.flatMap(({ ecuId, profile }) => [
      [profile.addressing.requestId, ecuId] as const,
      [profile.addressing.responseId, ecuId] as const,
    ]),
  );
  const requestIds = new Set(ecus.map(({ profile }) => profile.addressing.requestId));
  const requests = new Set<string>();
  let busyMs = 0;
  let busyAtExitMs = 0;
  let firstMs: number | undefined;
  let lastMs = 0;
  for (const line of (await readFile(file, "utf8")).split("\n")) {
    const entry = parseCandumpLine(line);
    if (entry === undefined) continue;
    const { atMs, frame } = entry;
    const ecuId = ecuById.get(frame.id);
    if (ecuId === undefined) continue;
    bytes.set(ecuId, bytes.get(ecuId)! + frame.data.length);
    const request = requestIds.has(frame.id) ? requestOf(frame.data) : undefined;
    if (request !== undefined) requests.add(request);
    if (request === "34") firstMs ??= atMs;
    if (firstMs === undefined) continue;
    busyMs += frameTimeMs(frame, { bitrate });
    if (request === "37") {
      lastMs = atMs;
      busyAtExitMs = busyMs;
    }
  }
  const spanMs = firstMs === undefined ? 0 : lastMs - firstMs;
  const loadWhileFlashing = spanMs > 0 ? Math.min(1, busyAtExitMs / spanMs) : 0;
  return { bytes, requests, loadWhileFlashing, busyWhileFlashingMs: busyAtExitMs };
}

/** The start of a request in a single or first frame (ISO 15765-2), as hex: service and what tells it apart. */
function requestOf(data: Uint8Array): string | undefined {
  const kind = (data[0] ?? 0xff) >>> 4;
  if (kind > 1) return undefined;
  const message = data.subarray(kind === 0 ? 1 : 2);
  const length = message[0] === 0x31 ? 4 : message[0] === 0x10 ? 2 : 1;
  return Buffer.from(message.subarray(0, length)).toString("hex").toUpperCase();
}
