import { setTimeout as sleep } from "node:timers/promises";
import type { Transport } from "@halfshaft/ota-format";
import { BenchError } from "../bench-error.ts";
import type { CloudClient } from "./cloud-client.ts";
import type { HmiClient } from "./hmi-client.ts";
import { ProgressView } from "./progress.ts";

const POLL_MS = 200;
const WAIT_MS = 60_000;
/** A person may take an hour to say yes. */
const JOB_MS = 3_600_000;

interface StageFact {
  readonly stage: string;
  readonly durationMs?: number;
  readonly bytes?: number;
  readonly transport?: { readonly transport: Transport };
}

/** A job as the cloud's API tells it. */
export interface CloudJob {
  readonly jobId: string;
  readonly vehicleId: string;
  readonly status: string;
  readonly failure?: { readonly code: string; readonly sentence: string };
  readonly stages: readonly StageFact[];
  readonly ecus: readonly {
    readonly ecuId: string;
    readonly name: string;
    readonly version: string;
    readonly versionBefore?: string;
    readonly reportedVersion?: string;
    readonly sha256: string;
    readonly sha256Before?: string;
    readonly stages: readonly StageFact[];
  }[];
}

const ENDED = new Set(["succeeded", "rolledBack", "failed", "declined", "expired"]);

export interface Patience {
  /** Ends the wait with its reason. */
  readonly signal: AbortSignal;
  /** Default: a minute. */
  readonly withinMs?: number;
}

/** Asks until there is an answer. @throws {BenchError} `TIMED_OUT` naming what was waited for. */
export async function until<T>(
  what: string,
  { signal, withinMs = WAIT_MS }: Patience,
  ask: () => Promise<T | undefined>,
): Promise<T> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() > deadline) {
      throw new BenchError("TIMED_OUT", `Waited ${withinMs / 1000} s for ${what}.`);
    }
    await sleep(POLL_MS);
    signal.throwIfAborted();
  }
}

/** True once the cloud has heard that every control unit runs `version`. */
export async function waitForManifest(
  cloud: CloudClient,
  vehicleId: string,
  version: string,
): Promise<true | undefined> {
  const { ecus } = await cloud.get<{ ecus: { kind: string; version?: string }[] }>(
    `/api/v1/vehicles/${vehicleId}`,
  );
  return ecus.every((ecu) => ecu.kind === "gateway" || ecu.version === version) ? true : undefined;
}

export interface FollowOptions {
  readonly cloud: CloudClient;
  readonly hmi: HmiClient;
  readonly vehicleId: string;
  /** Say yes on the HMI as soon as it asks. */
  readonly approve: boolean;
  readonly out: NodeJS.WriteStream;
  readonly signal: AbortSignal;
}

/** Watches the vehicle's job through the HMI until the cloud's record says that it has ended. */
export async function followJob({
  cloud,
  hmi,
  vehicleId,
  approve,
  out,
  signal,
}: FollowOptions): Promise<CloudJob> {
  const view = new ProgressView(out);
  let approved = !approve;
  const job = await until("the end of the job", { signal, withinMs: JOB_MS }, async () => {
    const state = await hmi.state();
    view.show(state);
    if (!approved && state.job?.stage === "consent" && state.job.consent !== undefined) {
      await hmi.decide(state.job.jobId, "now");
      approved = true;
    }
    const [last] = await cloud.get<{ jobId: string; status: string }[]>(
      `/api/v1/jobs?vehicleId=${vehicleId}&limit=1`,
    );
    if (last === undefined || !ENDED.has(last.status)) return undefined;
    return await cloud.get<CloudJob>(`/api/v1/jobs/${last.jobId}`);
  });
  view.show(await hmi.state());
  view.end();
  return job;
}
