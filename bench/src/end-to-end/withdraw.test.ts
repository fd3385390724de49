import { afterEach, expect, test } from "vitest";
import { passUntil, passUntilEnded, passUntilKnown, recordedJob } from "../rig/drive.ts";
import { VirtualRig } from "../rig/virtual-rig.ts";

let rig: VirtualRig;
afterEach(() => rig.close());

test("C8 an aborted campaign reaches the vehicle whose driver has not answered", async () => {
  rig = await VirtualRig.create();
  const gateway = await rig.startGateway();
  await passUntilKnown(rig, "1.0.0");
  const campaignId = await rig.startCampaign((await rig.publish(2)).releaseId);
  const atConsent = (): true | undefined => gateway.controls.current().job?.stage === "consent" || undefined;
  await passUntil(rig, "the driver being asked", atConsent);
  await passUntil(rig, "the cloud's knowing of it", async () => {
    const { stage } = (await recordedJob(rig)) as { stage?: string };
    return stage === "consent" || undefined;
  });
  await rig.cloud.post(`/api/v1/campaigns/${campaignId}/abort`);
  const job = await passUntilEnded(rig, () => gateway, "nothing");
  await gateway.stop();
  expect(job.outcome).toMatchObject({ kind: "expired", failure: { code: "CONSENT_WITHDRAWN" } });
  expect((await recordedJob(rig)).status).toBe("expired");
  expect(rig.versions()).toEqual(["1.0.0", "1.0.0", "1.0.0"]);
});

test("C7 C8 a pause takes the question back from the driver, and the campaign asks again when it goes on", async () => {
  rig = await VirtualRig.create();
  const gateway = await rig.startGateway();
  await passUntilKnown(rig, "1.0.0");
  const campaignId = await rig.startCampaign((await rig.publish(2)).releaseId);
  const job = () => gateway.controls.current().job;
  await passUntil(rig, "the driver being asked", () => job()?.stage === "consent" || undefined);
  await passUntil(rig, "the cloud's knowing of it", async () => {
    const { stage } = (await recordedJob(rig)) as { stage?: string };
    return stage === "consent" || undefined;
  });
  await rig.cloud.post(`/api/v1/campaigns/${campaignId}/pause`);
  const first = await passUntilEnded(rig, () => gateway, "nothing");
  expect(first.outcome).toMatchObject({ kind: "expired" });
  await gateway.controls.acknowledge(first.jobId);
  await rig.cloud.post(`/api/v1/campaigns/${campaignId}/resume`);
  await passUntil(
    rig,
    "the driver being asked again",
    () => (job()?.stage === "consent" && job()?.jobId !== first.jobId) || undefined,
  );
  const second = await passUntilEnded(rig, () => gateway);
  await gateway.stop();
  expect(second.outcome).toMatchObject({ kind: "succeeded" });
  expect(rig.versions()).toEqual(["2.0.0", "2.0.0", "2.0.0"]);
});
