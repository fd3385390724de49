import { afterEach, expect, test } from "vitest";
import { passUntilEnded, passUntilKnown, recordedJob } from "../rig/drive.ts";
import type { InjectFetch } from "../rig/inject-fetch.ts";
import { VirtualRig } from "../rig/virtual-rig.ts";

const OLD = ["1.0.0", "1.0.0", "1.0.0"];
let rig: VirtualRig;
afterEach(() => rig.close());

/** What an attacker between cloud and vehicle does with an answer, from the moment it is switched on. */
interface Attack {
  active: boolean;
  answer(url: string, genuine: Response): Response | Promise<Response>;
}

const attackedRig = (attack: Attack): Promise<VirtualRig> =>
  VirtualRig.create({
    tamper:
      (fetch: InjectFetch): InjectFetch =>
      async (url, init) => {
        const genuine = await fetch(url, init);
        return attack.active && genuine.ok ? attack.answer(url, genuine) : genuine;
      },
  });

/** Runs an update to release 2 under an attack that begins when it is published; `before` prepares it, with no gateway yet. */
async function updateUnder(attack: Attack, before: () => Promise<void> = async () => {}) {
  rig = await attackedRig(attack);
  await before();
  const diagnostics = new Set<number>();
  rig.wire.onFrame((frame) => void diagnostics.add(serviceOf(frame.data) ?? 0));
  const gateway = await rig.startGateway();
  await passUntilKnown(rig, "1.0.0");
  const release = await rig.publish(2);
  attack.active = true;
  await rig.startCampaign(release.releaseId);
  const job = await passUntilEnded(rig, () => gateway);
  await gateway.stop();
  return { job, record: await recordedJob(rig), diagnostics };
}

/** Service of a request or answer in a single or first frame (ISO 15765-2). */
function serviceOf(data: Uint8Array): number | undefined {
  const kind = data[0]! >>> 4;
  return kind === 0 ? data[1] : kind === 1 ? data[2] : undefined;
}

async function flipByte(response: Response, position: number): Promise<Response> {
  const bytes = new Uint8Array(await response.arrayBuffer());
  bytes[position] = bytes[position]! ^ 1;
  return new Response(bytes, { status: response.status, headers: response.headers });
}

test("T2 a tampered artifact is refused with its code before the bus hears of it", async () => {
  const { record, diagnostics } = await updateUnder({
    active: false,
    answer: (url, genuine) => (url.includes("/targets/") ? flipByte(genuine, 40) : genuine),
  });
  expect([record.status, record.failure?.code]).toEqual(["failed", "VERIFY_DIGEST_MISMATCH"]);
  expect(rig.versions()).toEqual(OLD);
  expect([0x10, 0x31, 0x34, 0x36].filter((service) => diagnostics.has(service))).toEqual([]);
});

test("T2 metadata that nobody has signed are refused", async () => {
  const { record } = await updateUnder({
    active: false,
    answer: async (url, genuine) => {
      if (!url.includes("/director/") || !url.endsWith("timestamp.json")) return genuine;
      const metadata = (await genuine.json()) as { signed: unknown };
      return Response.json({ signed: metadata.signed, signatures: [] });
    },
  });
  expect([record.status, record.failure?.code]).toEqual(["failed", "PLAN_METADATA_UNTRUSTED"]);
  expect(rig.versions()).toEqual(OLD);
});

const IMAGE_TIMESTAMP = "/repo/image/metadata/timestamp.json";
const DAY_MS = 86_400_000;

/** Answers with what the repository said earlier. */
const replay = (path: string, earlier: () => Uint8Array): Attack => ({
  active: false,
  answer: (url, genuine) => (url.endsWith(path) ? new Response(Uint8Array.from(earlier())) : genuine),
});

test("T2 metadata that were right once and have expired are refused", async () => {
  let recorded: Uint8Array = new Uint8Array(0);
  const { record } = await updateUnder(
    replay(IMAGE_TIMESTAMP, () => recorded),
    async () => {
      recorded = await rig.cloud.getBytes(IMAGE_TIMESTAMP);
      await rig.clock.advance(2 * DAY_MS);
    },
  );
  expect([record.status, record.failure?.code]).toEqual(["failed", "PLAN_METADATA_EXPIRED"]);
  expect(rig.versions()).toEqual(OLD);
});

test("T2 metadata older than those that the vehicle has seen are refused", async () => {
  let recorded: Uint8Array = new Uint8Array(0);
  const attack = replay(IMAGE_TIMESTAMP, () => recorded);
  rig = await attackedRig(attack);
  recorded = await rig.cloud.getBytes(IMAGE_TIMESTAMP);
  const gateway = await rig.startGateway();
  await passUntilKnown(rig, "1.0.0");
  await rig.startCampaign((await rig.publish(2)).releaseId);
  const first = await passUntilEnded(rig, () => gateway);
  await gateway.controls.acknowledge(first.jobId);
  attack.active = true;
  await rig.startCampaign((await rig.publish(3)).releaseId);
  await passUntilEnded(rig, () => gateway);
  await gateway.stop();
  const record = await recordedJob(rig);
  expect([record.status, record.failure?.code]).toEqual(["failed", "PLAN_METADATA_ROLLBACK"]);
  expect(rig.versions()).toEqual(["2.0.0", "2.0.0", "2.0.0"]);
});
