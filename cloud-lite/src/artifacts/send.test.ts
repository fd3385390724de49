import { afterEach, beforeEach, expect, test } from "vitest";
import {
  firmware,
  HARDWARE,
  publishRelease,
  registerVehicle,
  testCloud,
  type Reply,
  type TestCloud,
} from "../testing.ts";

const BYTES = Buffer.from(Array.from({ length: 1000 }, (_, i) => i & 0xff));
let fixture: TestCloud;
let device: string;
let path: string;
let etag: string;
beforeEach(async () => {
  fixture = await testCloud();
  device = await registerVehicle(fixture, "car");
  const { sha256 } = await publishRelease(fixture, "2.0.0", BYTES);
  path = `/repo/image/targets/images/${sha256}.${HARDWARE}_2.0.0.bin`;
  etag = `"${sha256}"`;
});
afterEach(() => fixture.close());

const get = (headers: Record<string, string> = {}): Promise<Reply> =>
  fixture.call("GET", path, { token: device, headers });

test("U6 a whole file is immutable, with its digest as ETag, and takes ranges", async () => {
  const answer = await get();
  expect(answer.status).toBe(200);
  expect(answer.bytes).toEqual(BYTES);
  expect(answer.header("etag")).toBe(etag);
  expect(answer.header("accept-ranges")).toBe("bytes");
  expect(answer.header("content-length")).toBe("1000");
  expect(answer.header("cache-control")).toContain("immutable");
});

test("U6 a range gives 206 with the part and its place", async () => {
  const answer = await get({ range: "bytes=100-199" });
  expect(answer.status).toBe(206);
  expect(answer.header("content-range")).toBe("bytes 100-199/1000");
  expect(answer.bytes).toEqual(BYTES.subarray(100, 200));
});

test("U6 a resumed download sends the rest, if the file is still the same", async () => {
  const rest = await get({ range: "bytes=990-", "if-range": etag });
  expect(rest.status).toBe(206);
  expect(rest.bytes).toEqual(BYTES.subarray(990));
  const changed = await get({ range: "bytes=990-", "if-range": '"other"' });
  expect(changed.status).toBe(200);
});

test("U6 a range after the end gives 416 with the length", async () => {
  const answer = await get({ range: "bytes=1000-" });
  expect(answer.problem()).toMatchObject({ status: 416, code: "RANGE_NOT_SATISFIABLE" });
  expect(answer.header("content-range")).toBe("bytes */1000");
});

test("U6 a client that has the file gets 304", async () => {
  const answer = await get({ "if-none-match": etag });
  expect(answer.status).toBe(304);
  expect(answer.bytes).toHaveLength(0);
});

test("U6 the same file is found under its SHA-512 as well, and under no other digest", async () => {
  const { sha512 } = await fixture.cloud.db
    .selectFrom("tufTargets")
    .select("sha512")
    .executeTakeFirstOrThrow();
  const file = `${HARDWARE}_2.0.0.bin`;
  const by = (digest: string): Promise<Reply> =>
    fixture.call("GET", `/repo/image/targets/images/${digest}.${file}`, { token: device });
  expect((await by(sha512)).bytes).toEqual(BYTES);
  expect((await by("0".repeat(64))).problem().code).toBe("TARGET_UNKNOWN");
});

test("U6 a file that is gone from the store is said so by its name", async () => {
  const { sha256 } = await publishRelease(fixture, "3.0.0", firmware(3));
  await fixture.cloud.db
    .updateTable("tufTargets")
    .set({ sha256: "f".repeat(64) })
    .execute();
  const answer = await fixture.call(
    "GET",
    `/repo/image/targets/images/${"f".repeat(64)}.${HARDWARE}_3.0.0.bin`,
  );
  expect(sha256).not.toBe("f".repeat(64));
  expect(answer.problem()).toMatchObject({ status: 404, code: "ARTIFACT_MISSING" });
});

test("U6 downloads write no rows", async () => {
  const changes = async (): Promise<unknown> =>
    (await fixture.cloud.db.selectFrom("auditEntries").selectAll().execute()).length;
  const before = await changes();
  const seen = await fixture.cloud.db.selectFrom("vehicles").select("lastSeenAt").execute();
  await get({ range: "bytes=0-9" });
  expect(await changes()).toBe(before);
  expect(await fixture.cloud.db.selectFrom("vehicles").select("lastSeenAt").execute()).toEqual(seen);
});
