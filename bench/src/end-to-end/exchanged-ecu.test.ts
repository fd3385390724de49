import { afterEach, expect, test } from "vitest";
import { passUntil, passUntilEnded, passUntilKnown, recordedJob } from "../rig/drive.ts";
import { VirtualRig } from "../rig/virtual-rig.ts";

const OLD = ["1.0.0", "1.0.0", "1.0.0"];
const NEW = ["2.0.0", "2.0.0", "2.0.0"];
let rig: VirtualRig;
afterEach(() => rig.close());

const path = (): string => `/api/v1/vehicles/${rig.vehicleId}`;

interface Replacement {
  readonly replacementId: string;
  readonly kind: string;
  readonly before: { readonly ecuId: string };
  readonly after: { readonly ecuId: string };
}

/** A vehicle whose body control was exchanged in a workshop, and has said so; `before` happens while it is there. */
async function exchanged(before: () => Promise<unknown> = () => Promise.resolve()) {
  rig = await VirtualRig.create();
  const first = await rig.startGateway();
  await passUntilKnown(rig, "1.0.0");
  await first.stop();
  await before();
  await rig.exchange("BOD-1", "BOD-2");
  const gateway = await rig.startGateway();
  const replacement = await passUntil(rig, "the replacement", async () => {
    const [found] = await rig.cloud.get<Replacement[]>(`${path()}/replacements`);
    return found;
  });
  return { gateway, replacement };
}

test("D3 an exchanged ECU holds the vehicle, and gets its update once someone has approved it", async () => {
  const { gateway, replacement } = await exchanged();
  expect(replacement).toMatchObject({
    kind: "replaced",
    before: { ecuId: "BOD-1" },
    after: { ecuId: "BOD-2" },
  });
  await rig.cloud.post(`${path()}/replacements/${replacement.replacementId}/approve`);
  await rig.startCampaign((await rig.publish(2)).releaseId);
  const job = await passUntilEnded(rig, () => gateway);
  await gateway.stop();
  expect(job.outcome?.kind).toBe("succeeded");
  expect(rig.versions()).toEqual(NEW);
  expect((await recordedJob(rig)).status).toBe("succeeded");
});

test("D3 a vehicle with an exchanged ECU that nobody has approved gets nothing", async () => {
  const { gateway } = await exchanged(async () => rig.startCampaign((await rig.publish(2)).releaseId));
  await rig.clock.advance(3_600_000);
  await gateway.stop();
  expect(gateway.controls.current().job).toBeUndefined();
  expect(await rig.cloud.get(path())).toMatchObject({ ecus: [{}, {}, { ecuId: "BOD-1" }] });
  expect(rig.versions()).toEqual(OLD);
});
