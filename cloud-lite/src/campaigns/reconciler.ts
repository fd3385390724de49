import type { About } from "../background.ts";
import type { Cloud, Reconciler } from "../cloud.ts";
import { inBackground } from "../plugins/writes.ts";
import { chooseRank } from "./candidates.ts";
import { LIVE_STATES } from "./life-cycle.ts";
import { createStepFailures, type CampaignKey } from "./step-failures.ts";
import { stepCampaign } from "./step.ts";
import { getCampaignRow, lockCampaign } from "./store.ts";
import { createWakeUps } from "./wake-ups.ts";

const SOON_MS = 500;

/** @param onError is told of which campaign a step failed */
export function createReconciler(
  cloud: () => Cloud,
  onError: (error: unknown, about?: About) => void,
): Reconciler {
  const due = new Map<string, CampaignKey>();
  const failures = createStepFailures(cloud);
  const state: { running?: Promise<void>; timer?: NodeJS.Timeout; closing: boolean } = { closing: false };
  const wakeUps = createWakeUps((vehicleId) => cloud().wakeUp(vehicleId));

  const run = async (): Promise<void> => {
    // One step of each in turn: a large campaign does not keep the others waiting.
    for (const [id, key] of due) {
      if (state.closing) return;
      due.delete(id);
      try {
        if (await step(cloud(), key)) due.set(id, key);
        failures.worked(id);
      } catch (error) {
        // It stays unsettled: the next tick comes back to it.
        const told = (failure: unknown): void => onError(failure, { campaignId: id });
        told(error);
        await failures.failed(key, error).catch(told);
      }
      await new Promise(setImmediate);
    }
  };
  const wake = (key: CampaignKey): void => {
    if (state.closing) return;
    due.set(key.campaignId, key);
    state.running ??= run().finally(() => {
      state.running = undefined;
      // What came after the last look.
      for (const late of due.values()) wake(late);
    });
  };
  const soon = new Map<string, CampaignKey>();
  const wakeAllSoon = (): void => {
    clearTimeout(state.timer);
    state.timer = undefined;
    for (const key of soon.values()) wake(key);
    soon.clear();
  };
  const idle = async (): Promise<void> => {
    wakeAllSoon();
    while (state.running) await state.running;
  };
  return {
    wake: (organisationId, campaignId) => wake({ organisationId, campaignId }),
    wakeSoon(organisationId, campaignId) {
      soon.set(campaignId, { organisationId, campaignId });
      if (!state.closing) state.timer ??= setTimeout(wakeAllSoon, SOON_MS).unref();
    },
    async tick() {
      const rows = await cloud()
        .db.selectFrom("campaigns")
        .select(["organisationId", "campaignId"])
        .where("settled", "=", 0)
        .where("state", "in", LIVE_STATES)
        .orderBy("priority", "desc")
        .orderBy("campaignId")
        .execute();
      for (const row of rows) wake(row);
      await idle();
    },
    wakeVehicles: (vehicleIds) => wakeUps.add(vehicleIds),
    idle,
    async close() {
      state.closing = true;
      wakeUps.close();
      await idle();
    },
  };
}

const LOOK_EVERY_MS = 5000;

/** Looks at the campaigns at once and from time to time. @returns ends it, after what is under way */
export function runReconciler(
  reconciler: Reconciler,
  onError: (error: unknown) => void,
): () => Promise<void> {
  const look = (): void => void reconciler.tick().catch(onError);
  const timer = setInterval(look, LOOK_EVERY_MS);
  look();
  return async () => {
    clearInterval(timer);
    await reconciler.close();
  };
}

/** @returns whether there is more to do at once */
async function step(cloud: Cloud, { organisationId, campaignId }: CampaignKey): Promise<boolean> {
  const result = await inBackground(cloud, organisationId, ["campaigns", campaignId], async (work) =>
    stepCampaign(cloud, work, await lockCampaign(work.tx, organisationId, campaignId)),
  );
  if (typeof result === "string") return result === "more";
  // Looks at the whole fleet: outside of a transaction, so that nobody waits for it.
  const { choose: phase } = result;
  const campaign = await getCampaignRow(cloud.db, organisationId, campaignId);
  const rankBelow = await chooseRank(cloud.db, campaign, phase, cloud.now());
  await inBackground(cloud, organisationId, ["campaigns", campaignId], async (work) => {
    // Another instance may have chosen first; then that holds.
    await work.tx
      .updateTable("phases")
      .set({ rankBelow })
      .where("organisationId", "=", organisationId)
      .where("phaseId", "=", phase.phaseId)
      .where("rankBelow", "is", null)
      .execute();
  });
  return true;
}
