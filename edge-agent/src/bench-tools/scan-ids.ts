import type { CanBus, CanFrame, ReceivedFrame } from "@halfshaft/vehicle-net/can";
import type { Clock } from "@halfshaft/vehicle-net/clock";

/** An ECU that answered: the identifier that it listens to, and the one that it answers with. */
export interface FoundEcu {
  readonly requestId: number;
  readonly responseId: number;
  readonly extended: boolean;
  /** What it answered to: TesterPresent (3E 00), or DiagnosticSessionControl (10 01). */
  readonly answeredTo: "3E" | "10";
}

export interface ScanIdsOptions {
  /** Inclusive. */
  readonly firstId: number;
  readonly lastId: number;
  /** From one identifier to the next; default 1. */
  readonly step?: number;
  readonly extended: boolean;
  /** How long an answer is waited for, ms. */
  readonly waitMs: number;
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/** Requests that change nothing: 3E 00, and where that is not known, the session that is active anyway. */
const QUESTIONS = [
  { answeredTo: "3E", message: [0x3e, 0x00] },
  { answeredTo: "10", message: [0x10, 0x01] },
] as const;
/** Goes to all ECUs at once: several would answer (ISO 15765-4). */
const OBD_FUNCTIONAL = 0x7df;
const PADDING = 0xcc;

/**
 * Asks each identifier in turn and listens who answers: normal addressing, classic frames. Identifiers that answered
 * are not asked, since they are an ECU's own.
 */
export async function* scanIds(bus: CanBus, clock: Clock, options: ScanIdsOptions): AsyncGenerator<FoundEcu> {
  const { firstId, lastId, step = 1, extended, waitMs, signal, onProgress } = options;
  const answering = new Set<number>();
  for (let id = firstId; id <= lastId; id += step) {
    signal?.throwIfAborted();
    onProgress?.(id - firstId, lastId - firstId + 1);
    if (answering.has(id) || (!extended && id === OBD_FUNCTIONAL)) continue;
    for (const { answeredTo, message } of QUESTIONS) {
      const answers = await ask(bus, clock, { id, extended, data: singleFrame(message) }, waitMs);
      const responseIds = new Set(answers.filter((f) => isAnswer(f.data, message)).map((f) => f.id));
      for (const responseId of responseIds) {
        answering.add(responseId);
        yield { requestId: id, responseId, extended, answeredTo };
      }
      if (responseIds.size > 0) break;
    }
  }
}

async function ask(bus: CanBus, clock: Clock, frame: CanFrame, waitMs: number): Promise<ReceivedFrame[]> {
  const heard: ReceivedFrame[] = [];
  const unsubscribe = bus.subscribe((received) => {
    if ((received.extended === true) === (frame.extended === true)) heard.push(received);
  });
  try {
    await bus.send(frame);
    await clock.sleep(waitMs);
  } finally {
    unsubscribe();
  }
  return heard;
}

const singleFrame = (message: readonly number[]): Uint8Array =>
  Uint8Array.from({ length: 8 }, (_, i) => (i === 0 ? message.length : (message[i - 1] ?? PADDING)));

/** A single frame with the positive answer, or with any refusal of this very service. */
function isAnswer(data: Uint8Array, [sid, subFunction]: readonly [number, number]): boolean {
  const length = data[0] ?? 0;
  if (length < 2 || length > 7 || data.length <= length) return false;
  if (data[1] === 0x7f) return length === 3 && data[2] === sid;
  return data[1] === sid + 0x40 && data[2] === subFunction;
}
