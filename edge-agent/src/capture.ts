import { createWriteStream } from "node:fs";
import { finished } from "node:stream/promises";
import { type CanBus, type CanFrame, formatCandumpLine } from "@halfshaft/vehicle-net/can";
import { realClock } from "@halfshaft/vehicle-net/clock";

const CHANNEL = "can0";

export interface Capture {
  /** Notes a frame; `atMs` is the real clock's time at its end. */
  record(frame: CanFrame, atMs: number): void;
  /** The same bus; what goes over it is recorded from now on. */
  tap(bus: CanBus): CanBus;
  close(): Promise<void>;
}

/** Appends frames to a file as `candump -l` writes them, with wall time. */
export function captureTo(path: string): Capture {
  const file = createWriteStream(path, { flags: "a" });
  const toWallMs = Date.now() - realClock.now();
  const record = (frame: CanFrame, atMs: number): void => {
    file.write(`${formatCandumpLine({ atMs: atMs + toWallMs, channel: CHANNEL, frame })}\n`);
  };
  return {
    record,
    tap(bus) {
      bus.subscribe((frame) => record(frame, frame.atMs));
      return {
        capabilities: bus.capabilities,
        async send(frame) {
          const departedMs = await bus.send(frame);
          record(frame, departedMs);
          return departedMs;
        },
        subscribe: (listener) => bus.subscribe(listener),
        close: () => bus.close(),
      };
    },
    async close() {
      file.end();
      await finished(file);
    },
  };
}
