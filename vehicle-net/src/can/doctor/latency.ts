import { advice, type Diagnosis } from "./diagnosis.ts";
import type { LatencyObservation, Observations, PortObservation } from "./observations.ts";

/** Later than that a host spoils STmin and separation times of a fast transfer. */
const HOST_LATE_MS = 5;
/** From handing over to departure on a bus that is not full. */
const DEPARTURE_LATE_MS = 10;
const FTDI_GOOD_MS = 1;
/** P2 of ISO 14229-2 where the ECU promises nothing else. */
const P2_MS = 50;

/** Latency is blamed on the ECU; both sides are measured, and the late one is named. */
export function diagnoseLatency({ ports, bus }: Observations): Diagnosis[] {
  const timers = ports
    .filter(({ latencyTimerMs = 0 }) => latencyTimerMs > FTDI_GOOD_MS)
    .filter(
      ({ path, stablePath = path }) =>
        bus === undefined || [path, stablePath].some((p) => bus.url.includes(p)),
    )
    .map(ftdiTimer);
  const { latency } = bus ?? {};
  return latency === undefined ? timers : [...timers, ...sides(latency)];
}

function ftdiTimer({ path, latencyTimerMs }: PortObservation): Diagnosis {
  const name = path.replace(/^.*\//u, "");
  const file = `/sys/bus/usb-serial/devices/${name}/latency_timer`;
  return advice(
    "LATENCY",
    `The FTDI chip of ${path} collects bytes for ${latencyTimerMs} ms before it hands them over: each answer seems that much later.`,
    `echo 1 > ${file}; for good, in a udev rule: ACTION=="add", SUBSYSTEM=="usb-serial", DRIVER=="ftdi_sio", ATTR{latency_timer}="1"`,
  );
}

function sides({ hostLateMs, departureMs, answerMs, promisedMs = P2_MS }: LatencyObservation): Diagnosis[] {
  const found: Diagnosis[] = [];
  const ms = (value: number): string => `${value.toFixed(1)} ms`;
  if (hostLateMs > HOST_LATE_MS) {
    found.push(
      advice(
        "LATENCY",
        `This machine wakes up as much as ${ms(hostLateMs)} late: separation times between frames become longer by that.`,
        "End what else runs here, or leave energy saving; the ECU is not at fault.",
      ),
    );
  }
  if (departureMs > DEPARTURE_LATE_MS) {
    found.push(
      advice(
        "LATENCY",
        `Frames leave as much as ${ms(departureMs)} after they were handed over: the adapter or a full bus is late, not the ECU.`,
        "P2 counts from the departure, as this program does; other testers that count from handing over report a time-out.",
      ),
    );
  }
  if (answerMs !== undefined && answerMs > promisedMs) {
    found.push(
      advice(
        "LATENCY",
        `The ECU itself is late: its answer came ${ms(answerMs)} after the request had left, and it promises ${ms(promisedMs)}.`,
        "Give it more in its profile: timing.client.p2Ms.",
      ),
    );
  }
  return found;
}
