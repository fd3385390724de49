import { afterEach, beforeEach, expect, test } from "vitest";
import type { Image, Release } from "@halfshaft/ota-format";
import {
  CODE,
  firmware,
  HARDWARE,
  manifestOf,
  publishRelease,
  registerVehicle,
  startCampaign,
  testCloud,
  type TestCloud,
} from "../testing.ts";
import type { UploadResult } from "./schema.ts";

let fixture: TestCloud;
beforeEach(async () => {
  fixture = await testCloud();
  for (const hardwareId of [HARDWARE, "HW-GATE"]) await hardware(hardwareId);
});
afterEach(() => fixture.close());

const hardware = (hardwareId: string) =>
  fixture.call("PUT", `/api/v1/hardware/${hardwareId}`, { body: { title: "x", regions: [CODE] } });

const draft = async (body: object = { name: "Spring" }): Promise<Release> =>
  (await fixture.call("POST", "/api/v1/releases", { body })).data() as Release;

const upload = (releaseId: string, hardwareId: string, version: string, query = "") =>
  fixture.call("PUT", `/api/v1/releases/${releaseId}/images/${hardwareId}?version=${version}${query}`, {
    body: firmware(Number(version[0])),
    type: "application/octet-stream",
  });

const require_ = (releaseId: string, body: object) =>
  fixture.call("PUT", `/api/v1/releases/${releaseId}/images/${HARDWARE}/requirements`, { body });

const act = (releaseId: string, verb: string, body?: object) =>
  fixture.call("POST", `/api/v1/releases/${releaseId}/${verb}`, body === undefined ? {} : { body });

const read = async (releaseId: string): Promise<Release> =>
  (await fixture.call("GET", `/api/v1/releases/${releaseId}`)).data() as Release;

test("U2 a draft's texts and RXSWIN may be changed, each change with before and after in the audit log", async () => {
  const { releaseId } = await draft({ name: "Spring", rxswin: ["R79 ABC 01"] });
  const path = `/api/v1/releases/${releaseId}`;
  const changed = await fixture.call("PATCH", path, { body: { notes: "# New", rxswin: ["R79 ABC 02"] } });
  expect(changed.data()).toMatchObject({ name: "Spring", notes: "# New", rxswin: ["R79 ABC 02"] });
  const [entry] = (await fixture.call("GET", "/api/v1/audit")).data() as { payload: object }[];
  expect(entry!.payload).toMatchObject({
    before: { notes: "", rxswin: ["R79 ABC 01"] },
    after: { notes: "# New", rxswin: ["R79 ABC 02"] },
  });
});

test("A3 a change of what someone else changed meanwhile is refused with 412 and the present ETag", async () => {
  const { releaseId } = await draft();
  const path = `/api/v1/releases/${releaseId}`;
  const etag = (await fixture.call("GET", path)).header("etag")!;
  const headers = { "if-match": etag };
  const first = await fixture.call("PATCH", path, { body: { notes: "mine" }, headers });
  expect(first.status).toBe(200);
  const late = await fixture.call("PATCH", path, { body: { notes: "theirs" }, headers });
  expect(late.problem()).toMatchObject({ status: 412, code: "PRECONDITION_FAILED" });
  expect(late.problem().detail).toContain(first.header("etag"));
  expect((await read(releaseId)).notes).toBe("mine");
  const again = { "if-match": first.header("etag")! };
  expect((await fixture.call("PATCH", path, { body: { notes: "theirs" }, headers: again })).status).toBe(200);
});

test("U3 a draft can be deleted, with its images", async () => {
  const { releaseId } = await draft();
  await upload(releaseId, HARDWARE, "2.0.0");
  expect((await fixture.call("DELETE", `/api/v1/releases/${releaseId}`)).status).toBe(200);
  expect((await fixture.call("GET", `/api/v1/releases/${releaseId}`)).problem().code).toBe("RELEASE_UNKNOWN");
  const other = await draft();
  expect((await upload(other.releaseId, HARDWARE, "2.0.0")).status).toBe(200);
});

test("U3 an image can be taken out of a draft, and not out of a release", async () => {
  const { releaseId } = await draft();
  await upload(releaseId, HARDWARE, "2.0.0");
  await upload(releaseId, "HW-GATE", "2.0.0");
  const remove = (hardwareId: string) =>
    fixture.call("DELETE", `/api/v1/releases/${releaseId}/images/${hardwareId}`);
  expect((await remove("HW-GATE")).data()).toMatchObject({ hardwareId: "HW-GATE" });
  expect((await remove("HW-GATE")).problem().code).toBe("IMAGE_UNKNOWN");
  expect((await read(releaseId)).images.map(({ hardwareId }) => hardwareId)).toEqual([HARDWARE]);
  await act(releaseId, "publish");
  expect((await remove(HARDWARE)).problem().code).toBe("RELEASE_IMMUTABLE");
});

test("U3 a published or withdrawn release is neither changed nor deleted", async () => {
  const { releaseId } = await publishRelease(fixture, "2.0.0", firmware(2));
  for (const state of ["published", "withdrawn"]) {
    if (state === "withdrawn") await act(releaseId, "withdraw", { reason: "stalls" });
    const path = `/api/v1/releases/${releaseId}`;
    for (const answer of [
      await fixture.call("DELETE", path),
      await fixture.call("PATCH", path, { body: { name: "Other" } }),
      await require_(releaseId, { currentAtLeast: "1.0.0" }),
      await act(releaseId, "publish"),
    ]) {
      expect(answer.problem()).toMatchObject({ status: 409, code: "RELEASE_IMMUTABLE" });
      expect(answer.problem().detail).toContain(state);
    }
  }
});

test("U3 a withdrawn release says why, and withdrawing it again changes nothing", async () => {
  const { releaseId } = await publishRelease(fixture, "2.0.0", firmware(2));
  const first = await act(releaseId, "withdraw", { reason: "stalls in the cold" });
  expect(first.data()).toMatchObject({
    state: "withdrawn",
    withdrawnAt: fixture.clock.at,
    withdrawnBecause: "stalls in the cold",
  });
  fixture.clock.at += 1000;
  expect((await act(releaseId, "withdraw", { reason: "other" })).data()).toEqual(first.data());
});

test("U3 a draft cannot be withdrawn", async () => {
  const { releaseId } = await draft();
  expect((await act(releaseId, "withdraw", { reason: "x" })).problem().code).toBe("RELEASE_NOT_PUBLISHED");
});

test("U3 a withdrawn release is offered no more from the next poll on", async () => {
  const { releaseId } = await publishRelease(fixture, "2.0.0", firmware(2));
  const token = await registerVehicle(fixture, "car");
  await startCampaign(fixture, releaseId, ["car"]);
  const poll = async () => (await fixture.call("GET", "/api/v1/device/offer", { token })).data();
  expect(await poll()).toMatchObject({ release: { releaseId } });
  await act(releaseId, "withdraw", { reason: "stalls" });
  expect(await poll()).toBeNull();
  const halted = (await fixture.call("GET", "/api/v1/audit?action=campaign.halted")).data() as object[];
  expect(halted).toMatchObject([{ payload: { reasons: [{ kind: "releaseWithdrawn" }] } }]);
});

test("U3 the version of a withdrawn release stays taken", async () => {
  const { releaseId } = await publishRelease(fixture, "2.0.0", firmware(2));
  await act(releaseId, "withdraw", { reason: "stalls" });
  const other = await draft();
  expect((await upload(other.releaseId, HARDWARE, "2.0.0")).problem().code).toBe("IMAGE_VERSION_TAKEN");
});

test("U2 one file for several ECU types becomes an image for each, signed for each", async () => {
  const { releaseId } = await draft();
  const result = (await upload(releaseId, HARDWARE, "2.0.0", "&alsoFor=HW-GATE")).data() as UploadResult;
  expect([result.image, ...result.also!].map((image) => image.hardwareId)).toEqual([HARDWARE, "HW-GATE"]);
  expect(result.also![0]!.sha256).toBe(result.image.sha256);
  await act(releaseId, "publish");
  const descriptors = await Promise.all(
    [result.image, ...result.also!].map(({ imageId }: Image) =>
      fixture.call("GET", `/api/v1/releases/${releaseId}/images/${imageId}/descriptor`),
    ),
  );
  expect(descriptors[0]!.bytes.equals(descriptors[1]!.bytes)).toBe(false);
});

test("U2 a release that no vehicle can fit is refused when it is published, with the chain in words", async () => {
  const { releaseId } = await draft();
  await upload(releaseId, HARDWARE, "2.0.0");
  await require_(releaseId, { ecus: [{ hardwareId: "HW-GATE", atLeast: "3.0.0" }] });
  const refused = await act(releaseId, "publish");
  expect(refused.problem()).toMatchObject({ status: 409, code: "REQUIREMENTS_UNMET" });
  expect(refused.problem().detail).toContain("HW-ENGINE 2.0.0 needs HW-GATE at least 3.0.0");
  expect((await read(releaseId)).state).toBe("draft");
  await upload(releaseId, "HW-GATE", "3.0.0");
  expect((await act(releaseId, "publish")).status).toBe(200);
});

test("U2 what the fleet reports counts as well as what was released", async () => {
  const token = await registerVehicle(fixture, "car");
  const { releaseId } = await draft();
  await upload(releaseId, HARDWARE, "2.0.0");
  await require_(releaseId, { currentIs: ["1.4.0"] });
  expect((await act(releaseId, "publish")).problem().detail).toContain(
    "HW-ENGINE 2.0.0 replaces one of 1.4.0, which was never released or reported",
  );
  const body = manifestOf("car", "1.4.0", "0".repeat(64));
  await fixture.call("PUT", "/api/v1/device/version-manifest", { token, body });
  expect((await act(releaseId, "publish")).status).toBe(200);
});

test("A2 the releases of a state, for an ECU type, with a part of their name", async () => {
  const summer = await draft({ name: "Summer 100%" });
  const spring = await publishRelease(fixture, "2.0.0", firmware(2));
  const ids = async (query: string): Promise<string[]> =>
    ((await fixture.call("GET", `/api/v1/releases?${query}`)).data() as Release[]).map((r) => r.releaseId);
  expect(await ids("state=draft")).toEqual([summer.releaseId]);
  expect(await ids(`hardwareId=${HARDWARE}`)).toEqual([spring.releaseId]);
  expect(await ids("q=RELEASE")).toEqual([spring.releaseId]);
  expect(await ids("q=0%25")).toEqual([summer.releaseId]);
  expect(await ids("state=withdrawn")).toEqual([]);
});

test("A3 two who change an ECU type at once: the later one is told", async () => {
  const path = `/api/v1/hardware/${HARDWARE}`;
  const headers = { "if-match": (await fixture.call("GET", path)).header("etag")! };
  const change = (title: string) => fixture.call("PUT", path, { body: { title, regions: [CODE] }, headers });
  expect((await change("Engine control")).status).toBe(200);
  expect((await change("Motor")).problem().code).toBe("PRECONDITION_FAILED");
});
