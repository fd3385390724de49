import { advice, type Diagnosis, fault, MEASURE_60_OHM, rate } from "./diagnosis.ts";
import { diagnoseLatency } from "./latency.ts";
import { diagnoseNames } from "./names.ts";
import type { BusObservation, InterfaceObservation, Observations, ProbeObservation } from "./observations.ts";

type Rule = (observations: Observations) => readonly Diagnosis[];

const onBus =
  (rule: (bus: BusObservation, interfaces: readonly InterfaceObservation[]) => Diagnosis | undefined): Rule =>
  ({ bus, interfaces }) => {
    const found = bus === undefined ? undefined : rule(bus, interfaces);
    return found === undefined ? [] : [found];
  };

const failed = (probe: ProbeObservation | undefined): boolean => probe?.fault !== undefined;

/** Written as ENOBUFS: "no buffer space available", since frames that do not leave fill the queue. */
const nobodyAcknowledges = onBus(({ url, bitrate, classic, errors }) => {
  const isSilent = classic?.fault === "no-acknowledge";
  const isAckOnly =
    errors !== undefined && errors.acknowledge > 0 && errors.bit + errors.stuff + errors.form === 0;
  if (!isSilent && !(isAckOnly && failed(classic))) return undefined;
  return fault(
    "NOBODY_ACKNOWLEDGES",
    `Frames do not leave ${url}: no other node acknowledges them. Programs call this ENOBUFS, "no buffer space".`,
    `Is the ECU powered and awake, does it have ${rate(bitrate)} too, and is it wired to this adapter? ${MEASURE_60_OHM}`,
  );
});

const busOffStays: Rule = ({ interfaces, bus }) => {
  const found = interfaces
    .filter(({ state }) => state === "BUS-OFF")
    .map(({ name, restartMs = 0 }) => {
      const stays =
        restartMs === 0 ? "and stays so, since its restart-ms is 0" : `for another ${restartMs} ms`;
      const restart = `ip link set ${name} down; ip link set ${name} up`;
      return fault(
        "BUS_OFF_STAYS",
        `The controller of ${name} is bus-off ${stays}.`,
        `Find what destroys its frames, then: ${restart}. By itself: ip link set ${name} type can restart-ms 100.`,
      );
    });
  const faults = [bus?.classic?.fault, bus?.fd?.fault];
  if (found.length > 0 || bus === undefined || !faults.includes("bus-off")) return found;
  const recovery = bus.url.startsWith("slcan:")
    ? "An SLCAN adapter recovers by C and O: close the bus and open it anew"
    : "Close the bus and open it anew; an interface: down, then up";
  return [
    fault(
      "BUS_OFF_STAYS",
      `The controller of ${bus.url} went bus-off while it was tried, and sends nothing any more.`,
      `${recovery}, once that which destroys its frames is found.`,
    ),
  ];
};

/** The port is there, but what is behind it does not speak. */
const adapterWedged = onBus(({ url, refusal, portOpened }) => {
  if (refusal?.code !== "cannot-open" || portOpened !== true) return undefined;
  return fault(
    "ADAPTER_WEDGED",
    `The serial port of ${url} opens, but its adapter does not answer: ${refusal.sentence}`,
    `Unplug it and plug it in again: after a restart of the host alone, some stay wedged. ${refusal.help ?? ""}`.trim(),
  );
});

const cannotOpen = onBus(({ refusal, portOpened }) => {
  if (refusal === undefined || (refusal.code === "cannot-open" && portOpened === true)) return undefined;
  return fault("CANNOT_OPEN", refusal.sentence, refusal.help ?? "Compare its URL with what is listed.");
});

const framesLost = onBus(({ url, burst }) => {
  if (burst === undefined || burst.heard >= burst.sent) return undefined;
  const lost = burst.sent - burst.heard;
  return fault(
    "FRAMES_LOST_IN_BURST",
    `${lost} of ${burst.sent} frames that were sent through ${url} without a pause never came to the bus.`,
    "Its queue drops what does not fit, and says nothing. Open it with slcan:, which paces itself; with &dialect= where it is taken for another one; not with slcand.",
  );
});

const kernelSlcan: Rule = ({ interfaces }) =>
  interfaces
    .filter(({ kind }) => kind === "slcan")
    .map(({ name }) =>
      advice(
        "FRAMES_LOST_IN_BURST",
        `${name} is a serial adapter behind the kernel's slcan, which does not pace: a CANable drops frames of a burst silently.`,
        "Open its serial port with slcan: instead.",
      ),
    );

/** Classic frames pass, those with the faster data phase do not. */
const fdTiming: Rule = ({ bus, interfaces }) => {
  const help = (dataSamplePoint: number | undefined): string => {
    const ours = dataSamplePoint === undefined ? "" : ` (here ${(dataSamplePoint * 100).toFixed(1)} %)`;
    return `Give all nodes the same sample points, nominal and data${ours}: ip link set … type can dsample-point 0.8. An adapter whose clock is an RC oscillator, 1 % off, cannot do CAN FD: use one with a crystal.`;
  };
  const passive = interfaces.filter(
    ({ dataBitrate, state, kind }) =>
      kind === "can" && dataBitrate !== undefined && state === "ERROR-PASSIVE",
  );
  const found = passive.map(({ name, dataBitrate, dataSamplePoint }) =>
    fault(
      "FD_TIMING",
      `The controller of ${name} is error-passive with a data phase of ${rate(dataBitrate)}.`,
      help(dataSamplePoint),
    ),
  );
  if (found.length > 0 || bus === undefined || !failed(bus.fd) || failed(bus.classic)) return found;
  const sentence = `Classic frames pass on ${bus.url}, CAN FD frames with ${rate(bus.dataBitrate)} do not.`;
  return [fault("FD_TIMING", sentence, help(undefined))];
};

/** Which error a controller sees tells what is wrong between it and the others (ISO 11898-1:2015, 10.11). */
const wiring = onBus(({ url, bitrate, errors, classic }) => {
  const { bit = 0, stuff = 0, form = 0 } = errors ?? {};
  const total = bit + stuff + form;
  // An adapter that tells no error types still goes bus-off.
  if (total === 0 && classic?.fault !== "bus-off") return undefined;
  const counts = `${bit} bit, ${stuff} stuff, ${form} form`;
  if (total === 0) {
    return fault(
      "WIRING",
      `Something destroys the frames that ${url} sends.`,
      `Compare bit rates (here ${rate(bitrate)}), then CAN-H and CAN-L, which may be swapped. ${MEASURE_60_OHM}`,
    );
  }
  if (bit > stuff + form) {
    return fault(
      "WIRING",
      `${url} does not read back the bits that it sends (errors: ${counts}).`,
      `CAN-H and CAN-L are swapped or shorted, or there is no termination at all. ${MEASURE_60_OHM}`,
    );
  }
  return fault(
    "WIRING",
    `${url} cannot read the frames of others (errors: ${counts}): most likely their bit rate is another one.`,
    `Try 125, 250, 500 and 1000 kbit/s in place of ${rate(bitrate)}, listening only. If it is the right one, there are reflections. ${MEASURE_60_OHM}`,
  );
});

/** An adapter that tells nothing of acknowledgement leaves only the silence. */
const nothingHeard = onBus(({ url, tellsDeparture, heardFrames, latency, refusal }) => {
  const isMute = refusal === undefined && tellsDeparture === false && heardFrames === 0;
  if (!isMute || latency?.answerMs !== undefined) return undefined;
  return advice(
    "NOTHING_HEARD",
    `Nothing was heard on ${url}, and this adapter does not tell whether anybody acknowledges its frames.`,
    `Ask an ECU with --ecu-profile. If that stays silent too: its power, the bit rate, the wiring. ${MEASURE_60_OHM}`,
  );
});

/** In the order in which one would look. */
const RULES: readonly Rule[] = [
  cannotOpen,
  adapterWedged,
  nobodyAcknowledges,
  busOffStays,
  wiring,
  fdTiming,
  framesLost,
  kernelSlcan,
  nothingHeard,
  diagnoseNames,
  diagnoseLatency,
];

/** What the observations mean. Pure. */
export const diagnose = (observations: Observations): Diagnosis[] =>
  RULES.flatMap((rule) => rule(observations));
