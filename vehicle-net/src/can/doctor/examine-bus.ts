import type { Clock } from "../../clock/clock.ts";
import { CanError, type CanBus } from "../bus.ts";
import type { CanFrame } from "../frame.ts";
import type { BusErrorReport } from "../socketcan/error-frame.ts";
import type { BusObservation, ErrorCounts, LatencyObservation, ProbeObservation } from "./observations.ts";

export interface ExamineBusOptions {
  readonly url: string;
  /** How long is listened before anything is sent; default 1000. */
  readonly listenMs?: number;
  /** Sends CAN FD frames too; a classic node on the bus would destroy them. Default false. */
  readonly fd?: boolean;
  /** An ECU to ask, for its time to answer; normal addressing, 3E 00. */
  readonly ecu?: {
    readonly requestId: number;
    readonly responseId: number;
    readonly extended: boolean;
    readonly p2Ms: number;
  };
  /** A second adapter on the same bus, which counts what comes through of a burst. */
  readonly witness?: CanBus;
}

/** 3E 80 to all: TesterPresent that nobody answers, harmless in any session (ISO 14229-1:2020, 10.7). */
const HARMLESS: CanFrame = { id: 0x7df, data: Uint8Array.of(0x02, 0x3e, 0x80, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc) };
const ASK = Uint8Array.of(0x02, 0x3e, 0x00, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc);
const PROBES = 3;
/** More than any adapter's queue holds. */
const BURST_FRAMES = 200;
const QUIET_MS = 200;
const WAKE_UPS = 20;
const WAKE_UP_MS = 2;
const ANSWER_WITHIN_MS = 500;

/** Listens on a bus, tries it with harmless frames and measures it. Never throws `CanError`: that is an observation. */
export async function examineBus(
  bus: CanBus,
  clock: Clock,
  options: ExamineBusOptions,
): Promise<BusObservation> {
  const { url, listenMs = 1000, fd = false, ecu, witness } = options;
  const { bitrate, dataBitrate } = bus.capabilities;
  const counts = { acknowledge: 0, bit: 0, stuff: 0, form: 0, other: 0 };
  const endErrors = subscribeErrors(bus, (report) => countError(counts, report));
  const heardFrames = await listen(bus, clock, listenMs);
  const departures: number[] = [];
  const classic = await probe(bus, clock, HARMLESS, departures);
  const canSend = classic.fault === undefined;
  const withFd = fd && bus.capabilities.fd && canSend;
  const fdProbe = withFd
    ? await probe(bus, clock, { ...HARMLESS, fd: true, brs: true }, departures)
    : undefined;
  const burst = witness !== undefined && canSend ? await sendBurst(bus, witness, clock) : undefined;
  const answerMs = ecu !== undefined && canSend ? await askEcu(bus, clock, ecu) : undefined;
  const hostLateMs = await measureHost(clock);
  endErrors?.();
  const latency: LatencyObservation = {
    hostLateMs,
    departureMs: Math.max(0, ...departures),
    answerMs,
    promisedMs: ecu?.p2Ms,
  };
  return {
    url,
    bitrate,
    dataBitrate,
    tellsDeparture: tellsDeparture(bus),
    heardFrames,
    classic,
    fd: fdProbe,
    errors: endErrors === undefined ? undefined : counts,
    burst,
    latency,
  };
}

/** Error frames are a matter of SocketCAN alone. */
function subscribeErrors(bus: CanBus, listener: (report: BusErrorReport) => void): (() => void) | undefined {
  if (!("subscribeErrors" in bus) || typeof bus.subscribeErrors !== "function") return undefined;
  return bus.subscribeErrors(listener) as () => void;
}

/** An error frame may complain of several things at once. */
export function countError(
  counts: { -readonly [K in keyof ErrorCounts]: number },
  { kind, sentence }: BusErrorReport,
): void {
  if (kind === "controller" || kind === "restarted" || kind === "bus-off") return;
  const before = { ...counts };
  if (kind === "no-acknowledge") counts.acknowledge += 1;
  if (/\bbit error|could not send/u.test(sentence)) counts.bit += 1;
  if (sentence.includes("stuff error")) counts.stuff += 1;
  if (sentence.includes("form error")) counts.form += 1;
  const isCounted = Object.keys(counts).some(
    (key) => counts[key as keyof ErrorCounts] !== before[key as keyof ErrorCounts],
  );
  if (!isCounted) counts.other += 1;
}

/** SLCAN adapters other than the CANable 2.5 do not say when a frame has left. */
function tellsDeparture(bus: CanBus): boolean {
  if (!("dialect" in bus)) return true;
  const { dialect } = bus as { readonly dialect?: { readonly departure: string } };
  return dialect?.departure === "echoed";
}

async function listen(bus: CanBus, clock: Clock, listenMs: number): Promise<number> {
  let heard = 0;
  const unsubscribe = bus.subscribe(() => (heard += 1));
  await clock.sleep(listenMs);
  unsubscribe();
  return heard;
}

async function probe(
  bus: CanBus,
  clock: Clock,
  frame: CanFrame,
  departures: number[],
): Promise<ProbeObservation> {
  for (let departed = 0; departed < PROBES; departed += 1) {
    const handedMs = clock.now();
    try {
      departures.push((await bus.send(frame)) - handedMs);
    } catch (error) {
      if (!(error instanceof CanError)) throw error;
      return { sent: departed + 1, departed, fault: error.code };
    }
  }
  return { sent: PROBES, departed: PROBES };
}

/** Numbered, so that frames of others do not count. */
async function sendBurst(
  bus: CanBus,
  witness: CanBus,
  clock: Clock,
): Promise<{ sent: number; heard: number }> {
  const numbers = new Set<number>();
  const unsubscribe = witness.subscribe(({ id, data }) => {
    if (id === HARMLESS.id && data[1] === 0x3e && data[2] === 0x80) numbers.add((data[6]! << 8) | data[7]!);
  });
  const sends = Array.from({ length: BURST_FRAMES }, (_, i) => {
    const data = HARMLESS.data.slice();
    data.set([i >> 8, i & 0xff], 6);
    return bus.send({ ...HARMLESS, data });
  });
  const outcomes = await Promise.allSettled(sends);
  await clock.sleep(QUIET_MS);
  unsubscribe();
  return { sent: outcomes.filter(({ status }) => status === "fulfilled").length, heard: numbers.size };
}

/** @returns from the request's departure to the end of the answer at worst; nothing where it kept silent. */
async function askEcu(
  bus: CanBus,
  clock: Clock,
  ecu: NonNullable<ExamineBusOptions["ecu"]>,
): Promise<number | undefined> {
  const answers: number[] = [];
  for (let asked = 0; asked < PROBES; asked += 1) {
    const answerMs = await askOnce(bus, clock, ecu);
    if (answerMs !== undefined) answers.push(answerMs);
  }
  return answers.length === 0 ? undefined : Math.max(...answers);
}

async function askOnce(
  bus: CanBus,
  clock: Clock,
  { requestId, responseId, extended }: NonNullable<ExamineBusOptions["ecu"]>,
): Promise<number | undefined> {
  const { promise: answered, resolve } = Promise.withResolvers<number | undefined>();
  const unsubscribe = bus.subscribe((frame) => {
    if (frame.id === responseId && (frame.extended === true) === extended) resolve(frame.atMs);
  });
  const timer = clock.after(ANSWER_WITHIN_MS, () => resolve(undefined));
  try {
    const leftMs = await bus.send({ id: requestId, extended, data: ASK });
    const answeredMs = await answered;
    return answeredMs === undefined ? undefined : answeredMs - leftMs;
  } catch (error) {
    if (error instanceof CanError) return undefined;
    throw error;
  } finally {
    unsubscribe();
    timer.cancel();
  }
}

async function measureHost(clock: Clock): Promise<number> {
  let worstMs = 0;
  for (let times = 0; times < WAKE_UPS; times += 1) {
    const dueMs = clock.now() + WAKE_UP_MS;
    await clock.sleep(WAKE_UP_MS);
    worstMs = Math.max(worstMs, clock.now() - dueMs);
  }
  return worstMs;
}
