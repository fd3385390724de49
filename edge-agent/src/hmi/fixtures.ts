import type { TransportEstimate } from "@halfshaft/ota-format";
import type {
  ConsentState,
  EcuState,
  GatewayState,
  JobEcuState,
  JobState,
  VehicleState,
} from "../gateway-state.ts";

/** States of the gateway with fixed data: for the view's tests, the preview and the browser test. */

const MINUTE = 60_000;
/** 12 November 2026, 14:07 UTC. */
export const NOW = Date.UTC(2026, 10, 12, 14, 7);

const parked: VehicleState = {
  gear: "P",
  ignition: "off",
  parkingBrake: true,
  stateOfChargePercent: 84,
  batteryVolts: 12.6,
};

const UNITS = [
  ["ENG-7F2A-0091", "Engine control", "mcu-nrf51", "1.4.0", "2.0.0"],
  ["ADA-31C0-4410", "Driver assistance", "soc-k3", "3.1.2", "3.2.0"],
  ["BCM-00D4-1187", "Body control", "soc-imx8mp", "2.8.1", "2.9.0"],
  ["GTW-0001-5523", "Gateway", "gateway-1", "0.1.0", undefined],
] as const;

const ecus: readonly EcuState[] = UNITS.map(([ecuId, name, hardwareId, version]) => ({
  ecuId,
  name,
  hardwareId,
  version,
  answers: "yes",
}));

/** One unit of each way. */
const transports: readonly TransportEstimate[] = [
  { transport: "gateway", downloadBytes: 114_874, busBytes: 243_852, estimateMs: 9_700 },
  { transport: "ecu", downloadBytes: 10_671, busBytes: 10_671, estimateMs: 433 },
  { transport: "full", downloadBytes: 52_064, busBytes: 52_064, estimateMs: 2_111 },
];

/** The three units of the job, each with its status in order. */
function parts(...marks: readonly (readonly [JobEcuState["status"], number?])[]): JobEcuState[] {
  return UNITS.flatMap(([ecuId, name, , fromVersion, toVersion], at) => {
    const [status, fraction] = marks[at] ?? ["waiting"];
    const unit = { ecuId, name, fromVersion, status, fraction, transport: transports[at] };
    return toVersion ? [{ ...unit, toVersion }] : [];
  });
}

function versions(...at: readonly ("new" | "old")[]): EcuState[] {
  return ecus.map((ecu, i) => ({ ...ecu, version: at[i] === "new" ? UNITS[i]?.[4] : ecu.version }));
}

/** The offer of all fixtures: a week to answer, tonight at 02:00. */
export const consent: ConsentState = {
  mode: "banner",
  deadline: NOW + 7 * 24 * 60 * MINUTE,
  estimateMs: 18 * MINUTE,
  tonightAt: Date.UTC(2026, 10, 13, 2, 0),
};

const offered: JobState = {
  jobId: "019aa1f0-3c5e-7d20-9a41-5b1c6de0a7f4",
  attempt: 1,
  release: {
    name: "Autumn 2.0",
    headline: "Smoother starts in the cold",
    notes: `Engine control 2.0 warms up sooner, and lane keeping is calmer on wet roads.

## In detail
- **Engine control** warms up in about half the time below 0 °C.
- **Driver assistance** keeps the lane more calmly when markings are wet.
- **Body control** folds the mirrors when the car is locked.

## While it installs
The car stays parked for about *18 minutes*. Doors and lights work as usual.

1. You can get out and lock the doors.
2. If one unit does not start the new software, all go back to the old one.
`,
  },
  stage: "consent",
  stageSince: NOW - MINUTE,
  fraction: 0,
  ecus: parts(),
  consent,
  conditions: [
    { name: "parked", met: true, found: "P" },
    { name: "ignitionOff", met: true, found: "off" },
    { name: "minStateOfChargePercent", met: true, found: 84, wanted: 50 },
    { name: "minBatteryVolts", met: true, found: 12.6, wanted: 12.2 },
  ],
};

const idle: GatewayState = { at: NOW, cloud: "online", vehicle: parked, ecus, lastCheckAt: NOW - 2 * MINUTE };

type WithJob = GatewayState & { readonly job: JobState };

function withJob(changes: Partial<JobState>, state: Partial<GatewayState> = {}): WithJob {
  return { ...idle, ...state, job: { ...offered, ...changes } };
}

type Outcome = NonNullable<JobState["outcome"]>;
type Ended = WithJob & { readonly job: { readonly outcome: Outcome } };

function ended(outcome: Partial<Outcome>, changes: Partial<JobState>, state?: Partial<GatewayState>): Ended {
  const whole: Outcome = {
    kind: "succeeded",
    at: NOW - MINUTE,
    startedAt: NOW - 17 * MINUTE,
    safeToDrive: true,
    reported: true,
  };
  const ending = { ...whole, ...outcome };
  const running = withJob({ stage: "report", fraction: 1, ...changes }, state);
  return { ...running, job: { ...running.job, outcome: ending } };
}

const bootFailed = {
  code: "CONFIRM_BOOT_FAILED",
  operands: { name: "Driver assistance", version: "3.2.0", found: "3.1.2" },
  ecuId: "ADA-31C0-4410",
} as const;

const flashing: Partial<JobState> = {
  stage: "flash",
  fraction: 0.64,
  remainingMs: 7 * MINUTE,
  ecus: parts(["installed"], ["flashing", 0.52], ["waiting"]),
};

export const fixtures = {
  loading: {
    ...idle,
    lastCheckAt: undefined,
    ecus: ecus.map((ecu, at) => (at === 3 ? ecu : { ...ecu, version: undefined, answers: "asking" })),
  },
  idle,
  offer: withJob({}),
  scheduled: withJob({ consent: { ...consent, scheduledFor: consent.tonightAt } }),
  waiting: withJob(
    {
      stage: "readiness",
      fraction: 0.31,
      decisions: ["tonight", "decline"],
      conditions: offered.conditions.map((condition) =>
        condition.name === "minBatteryVolts" ? { ...condition, met: false, found: 11.9 } : condition,
      ),
    },
    { vehicle: { ...parked, batteryVolts: 11.9 } },
  ),
  download: withJob({
    stage: "download",
    fraction: 0.18,
    ecus: parts(["downloading", 1], ["downloading", 0.41], ["waiting"]),
    download: { receivedBytes: 412_000, totalBytes: 680_000, paused: false },
  }),
  progress: withJob(flashing, { vehicle: { ...parked, batteryVolts: 13.4 } }),
  trial: withJob({
    stage: "confirm",
    fraction: 0.93,
    remainingMs: 20_000,
    ecus: parts(["onTrial"], ["onTrial"], ["onTrial"]),
  }),
  success: ended(
    {},
    { ecus: parts(["committed"], ["committed"], ["committed"]) },
    { ecus: versions("new", "new", "new") },
  ),
  rollback: ended(
    { kind: "rolledBack", failure: bootFailed },
    { ecus: parts(["reverted"], ["failed"], ["reverted"]) },
  ),
  refused: ended(
    {
      kind: "failed",
      failure: {
        code: "VERIFY_DIGEST_MISMATCH",
        operands: { target: "engine-2.0.0.bin", algorithm: "sha256" },
      },
    },
    { ecus: parts() },
  ),
  failed: ended(
    {
      kind: "failed",
      safeToDrive: false,
      failure: { code: "CONFIRM_NO_ANSWER", operands: { name: "Engine control" }, ecuId: "ENG-7F2A-0091" },
    },
    { ecus: parts(["noAnswer"], ["reverted"], ["reverted"]) },
    {
      ecus: ecus.map((ecu, at) => (at === 0 ? { ...ecu, version: undefined, answers: "no" } : ecu)),
      assistancePhone: "+49 30 5550100",
    },
  ),
  offline: withJob(
    {
      stage: "download",
      fraction: 0.18,
      ecus: parts(["downloading", 1], ["downloading", 0.41], ["waiting"]),
      download: { receivedBytes: 412_000, totalBytes: 680_000, paused: true },
    },
    { cloud: "offline" },
  ),
  driving: withJob({}, { vehicle: { ...parked, gear: "D", ignition: "on", parkingBrake: false } }),
  declined: ended({ kind: "declined" }, { ecus: parts() }),
} as const satisfies Record<string, GatewayState>;

export type FixtureName = keyof typeof fixtures;
