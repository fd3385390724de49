import type { Gateway, JobState } from "@halfshaft/edge-agent";
import { BenchError } from "../bench-error.ts";
import type { CloudJob } from "../demo/job.ts";
import type { VirtualRig } from "./virtual-rig.ts";

const STEP_MS = 500;
const CAP_MS = 3_600_000;

/** What a driver does when asked. */
export type Answer = "now" | "decline" | "nothing";

/** Lets virtual time pass until `done` answers something. @throws {BenchError} `TIMED_OUT` after a virtual hour */
export async function passUntil<T>(
  rig: VirtualRig,
  what: string,
  done: () => T | undefined | Promise<T | undefined>,
): Promise<T> {
  const endMs = rig.clock.now() + CAP_MS;
  while (rig.clock.now() < endMs) {
    const result = await done();
    if (result !== undefined) return result;
    await rig.clock.advance(STEP_MS);
  }
  throw new BenchError("TIMED_OUT", `${what} did not happen within a virtual hour`);
}

/** Until the gateway has told the cloud what its ECUs run. */
export async function passUntilKnown(rig: VirtualRig, version: string): Promise<void> {
  await passUntil(rig, `the report of ${version}`, async () => {
    const { ecus } = await rig.cloud.get<{ ecus: { version?: string }[] }>(
      `/api/v1/vehicles/${rig.vehicleId}`,
    );
    return ecus.every((ecu) => ecu.version === version) || undefined;
  });
}

/** Carries a job to its reported end; the driver answers as soon as he is asked. */
export async function passUntilEnded(
  rig: VirtualRig,
  gateway: () => Gateway,
  answer: Answer = "now",
): Promise<JobState> {
  return await passUntil(rig, "the end of the job", async () => {
    const { controls } = gateway();
    const { job } = controls.current();
    if (job?.stage === "consent" && answer !== "nothing") await controls.decide(job.jobId, answer);
    return job?.outcome?.reported === true ? job : undefined;
  });
}

/** The vehicle's last job in the cloud's record. */
export async function recordedJob(rig: VirtualRig): Promise<CloudJob> {
  const [last] = await rig.cloud.get<{ jobId: string }[]>(`/api/v1/jobs?vehicleId=${rig.vehicleId}&limit=1`);
  return await rig.cloud.get<CloudJob>(`/api/v1/jobs/${last!.jobId}`);
}
