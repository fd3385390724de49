import type { EcuStatus, Installer } from "../installer/installer.ts";
import { InstallerError } from "../installer/installer-error.ts";
import type { UpdateDeps } from "./deps.ts";
import { type EcuPlan, imageSha256 } from "./plan-types.ts";

/** Beyond the longest trial: an ECU that hangs is back on its old software by then, by itself. */
const SILENCE_MS = 75_000;

type DriveDeps = Pick<UpdateDeps, "ecus">;

/** What an ECU runs, seen from its plan. */
export type Standing = "new-on-trial" | "new-committed" | "armed" | "old" | "unclear";

export function standingOf({ trialState, imageSha256: running }: EcuStatus, ecu: EcuPlan): Standing {
  const runsNew = running === imageSha256(ecu);
  switch (trialState) {
    case "armed":
      return "armed";
    case "none":
      return runsNew ? "new-committed" : "old";
    case "fallback":
      return runsNew ? "unclear" : "old";
    case "trial":
      return runsNew ? "new-on-trial" : "unclear";
    default:
      // Unknown is not bad: a commit or an activation will tell.
      return runsNew ? "new-on-trial" : "old";
  }
}

/** Asks an ECU that may be starting, hanging or falling back; waits until it answers. @throws {InstallerError} */
export const askPatiently = (installer: Installer, signal: AbortSignal): Promise<EcuStatus> =>
  installer.status({ signal, withinMs: SILENCE_MS });

/**
 * Starts the new software on trial unless it is already. An ECU that stays silent afterwards may hang or fall back:
 * that is seen later.
 * @throws {InstallerError} where it refuses
 */
export async function startOnTrial(ecu: EcuPlan, { ecus }: DriveDeps, signal: AbortSignal): Promise<void> {
  await ecus.use(ecu.ecuId, async (installer) => {
    const standing = standingOf(await askPatiently(installer, signal), ecu);
    if (standing === "new-on-trial" || standing === "new-committed") return;
    try {
      await installer.activate(signal);
    } catch (error) {
      if (!isSilence(error)) throw error;
    }
  });
}

/** How often an ECU that lost its trial is started again before the commit is given up. */
const COMMIT_ATTEMPTS = 3;

/**
 * Drives an ECU to the new software for good, also one that has been reset meanwhile and runs its old bank again.
 * @throws {InstallerError} `no-answer`, `refused` or `not-started` where it cannot be brought there
 */
export async function driveToNew(ecu: EcuPlan, { ecus }: DriveDeps, signal: AbortSignal): Promise<void> {
  await ecus.use(ecu.ecuId, async (installer) => {
    for (let attempt = 1; ; attempt += 1) {
      const standing = standingOf(await askPatiently(installer, signal), ecu);
      if (standing === "new-committed") return;
      try {
        if (standing === "new-on-trial") await installer.commit(signal);
        else await installer.activate(signal);
      } catch (error) {
        if (attempt >= 2 * COMMIT_ATTEMPTS || !(error instanceof InstallerError)) throw error;
      }
      if (attempt >= 2 * COMMIT_ATTEMPTS) {
        const reason = `it does not keep the new software (${standing})`;
        throw new InstallerError("not-started", `${ecu.name}: ${reason}`, { name: ecu.name, reason });
      }
    }
  });
}

/**
 * Drives an ECU back to the old software. One that never started the new one is left alone.
 * @throws {InstallerError} `no-answer`, or where it keeps the new software
 */
export async function driveToOld(ecu: EcuPlan, { ecus }: DriveDeps, signal: AbortSignal): Promise<void> {
  await ecus.use(ecu.ecuId, async (installer) => {
    const isBack = async (): Promise<boolean> =>
      standingOf(await askPatiently(installer, signal), ecu) === "old";
    for (let attempt = 1; attempt <= COMMIT_ATTEMPTS; attempt += 1) {
      if (await isBack()) return;
      try {
        await installer.revert(signal);
      } catch (error) {
        if (!(error instanceof InstallerError)) throw error;
      }
    }
    if (await isBack()) return;
    const reason = "it does not go back to the old software";
    throw new InstallerError("not-started", `${ecu.name}: ${reason}`, { name: ecu.name, reason });
  });
}

const isSilence = (error: unknown): boolean => error instanceof InstallerError && error.fault === "no-answer";
