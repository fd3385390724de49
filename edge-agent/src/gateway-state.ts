import type {
  Configuration,
  FailureRecord,
  Outcome,
  SafetyPolicy,
  Stage,
  TransportEstimate,
} from "@halfshaft/ota-format";

/** What the gateway knows at one moment: the HMI, the command line and the tests read this and nothing else. */
export interface GatewayState {
  /** Wall time of this snapshot, UTC ms. */
  readonly at: number;
  /** Whether the cloud answered last time it was asked. */
  readonly cloud: "online" | "offline";
  readonly vehicle: VehicleState;
  /** Every control unit of the vehicle, gateway included, in the order of the vehicle's configuration. */
  readonly ecus: readonly EcuState[];
  /** The running job, or the last one until the driver has seen its result. */
  readonly job?: JobState;
  /** When the cloud was last asked for an offer, UTC ms. */
  readonly lastCheckAt?: number;
  /** What the cloud wants the vehicle to be set to; absent where that is nothing. */
  readonly settings?: Configuration;
  /** Number that "Call assistance" dials, from the agent's configuration. */
  readonly assistancePhone?: string;
}

/** Measured in the vehicle; absent where no source tells. */
export interface VehicleState {
  readonly gear?: "P" | "R" | "N" | "D";
  readonly ignition?: "off" | "on";
  readonly parkingBrake?: boolean;
  readonly stateOfChargePercent?: number;
  readonly batteryVolts?: number;
  readonly charging?: boolean;
  /** Outside, °C. */
  readonly temperatureC?: number;
  /** Set by the light signal: a dark page at night. */
  readonly night?: boolean;
}

export interface EcuState {
  readonly ecuId: string;
  /** For people: "Engine control". */
  readonly name: string;
  readonly hardwareId: string;
  /** Version that runs now; absent until the ECU has answered. */
  readonly version?: string;
  readonly answers: "yes" | "no" | "asking";
}

export interface JobState {
  readonly jobId: string;
  readonly attempt: number;
  readonly release: { readonly name: string; readonly headline: string; readonly notes: string };
  readonly stage: Stage;
  readonly stageSince: number;
  /** Work done of the whole job, 0…1; moves only when a value arrives. */
  readonly fraction: number;
  /** Estimated time to the end, ms; absent until there is a basis for it. */
  readonly remainingMs?: number;
  readonly ecus: readonly JobEcuState[];
  readonly consent?: ConsentState;
  /** What a person may decide at this moment. Absent: everything in `consent` (forced: all but decline), nothing elsewhere. */
  readonly decisions?: readonly ConsentDecision[];
  /** Conditions of the safety policy, each met or not; present in `readiness` and before. */
  readonly conditions: readonly ConditionState[];
  /** Bytes of this job's downloads. */
  readonly download?: {
    readonly receivedBytes: number;
    readonly totalBytes: number;
    readonly paused: boolean;
  };
  /** Set when the job has ended; `failure` says why, `safeToDrive` is false only where an ECU is lost. */
  readonly outcome?: {
    readonly kind: Outcome;
    readonly at: number;
    readonly startedAt: number;
    readonly failure?: FailureRecord;
    readonly safeToDrive: boolean;
    readonly reported: boolean;
  };
}

export interface JobEcuState {
  readonly ecuId: string;
  readonly name: string;
  readonly fromVersion?: string;
  readonly toVersion: string;
  /** What this ECU does within the job. */
  readonly status:
    | "waiting"
    | "downloading"
    | "patching"
    | "flashing"
    | "installed"
    | "onTrial"
    | "committed"
    | "reverted"
    | "failed"
    | "noAnswer";
  /** Progress of that status, 0…1. */
  readonly fraction?: number;
  /** How its image gets there, and what that was estimated to cost; absent until there is a plan. */
  readonly transport?: TransportEstimate;
}

export interface ConsentState {
  readonly mode: "banner" | "forced";
  /** End of the offer, UTC ms. */
  readonly deadline: number;
  /** Set after "tonight": when the installation begins, UTC ms. */
  readonly scheduledFor?: number;
  /** Estimated duration of the installation, ms. */
  readonly estimateMs: number;
  /** When "tonight" would be, UTC ms. */
  readonly tonightAt: number;
}

export interface ConditionState {
  readonly name: keyof SafetyPolicy;
  readonly met: boolean;
  /** Measured and wanted, for the sentence: 71 and 80. */
  readonly found?: number | string;
  readonly wanted?: number | string;
}

/** What a person may do on the HMI; each answers false where it does not fit the state. */
export interface GatewayControls {
  /** Publishes every change; returns the function that ends the subscription. */
  subscribe(listener: (state: GatewayState) => void): () => void;
  current(): GatewayState;
  /** "Install now", "tonight", "not now". */
  decide(jobId: string, decision: ConsentDecision): Promise<boolean>;
  /** "Check again", "check now": asks the cloud or measures the conditions anew. */
  check(): Promise<void>;
  /** "Done": the result has been seen. */
  acknowledge(jobId: string): Promise<boolean>;
}

export type ConsentDecision = "now" | "tonight" | "decline";
