import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Release } from "@halfshaft/ota-format";
import { DEFAULT_ORGANISATION } from "../../db/open.ts";
import { CODE, HARDWARE, testCloud, type TestCloud } from "../../testing.ts";
import type { UploadResult } from "../schema.ts";
import { PART_BYTES, receiveBytes } from "./upload-receive.ts";
import type { Upload } from "./upload-schema.ts";
import { sweepUploads, UPLOAD_TTL_MS } from "./upload-store.ts";

let fixture: TestCloud;
beforeEach(async () => {
  fixture = await testCloud({ config: { maxImageBytes: 4 * PART_BYTES, maxUploads: 2 } });
});
afterEach(() => fixture.close());

const FILE = Buffer.from(Array.from({ length: 60_000 }, (_, i) => (i * 7) % 251));
const digestOf = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
const SHA256 = digestOf(FILE);
const PATH = `/api/v1/uploads/${SHA256}`;

const begin = (body: object = { sha256: SHA256, length: FILE.length }) =>
  fixture.call("POST", "/api/v1/uploads", { body });
const send = (offset: number, bytes: Buffer, path = PATH) =>
  fixture.call("PATCH", path, {
    body: bytes,
    type: "application/offset+octet-stream",
    headers: { "upload-offset": String(offset) },
  });
const state = async (): Promise<Upload> => (await fixture.call("GET", PATH)).data() as Upload;

test("U1 a file arrives in several requests, and is complete when its digest is right", async () => {
  expect((await begin()).data()).toMatchObject({ offset: 0, state: "open" });
  const first = await send(0, FILE.subarray(0, 25_000));
  expect(first.header("upload-offset")).toBe("25000");
  expect(first.data()).toMatchObject({ offset: 25_000, state: "open" });
  expect((await send(25_000, FILE.subarray(25_000))).data()).toMatchObject({
    offset: FILE.length,
    state: "complete",
  });
});

test("U1 bytes at another offset than the next one are refused with the right offset", async () => {
  await begin();
  await send(0, FILE.subarray(0, 1000));
  const refused = await send(2000, FILE.subarray(2000, 3000));
  expect(refused.problem()).toMatchObject({ status: 409, code: "UPLOAD_OFFSET_WRONG" });
  expect(refused.header("upload-offset")).toBe("1000");
  expect(await state()).toMatchObject({ offset: 1000 });
});

test("A3 a repeat of the same bytes with its key gives the answer again; other bytes are refused", async () => {
  await begin();
  const sendWithKey = (bytes: Buffer) =>
    fixture.call("PATCH", PATH, {
      body: bytes,
      type: "application/offset+octet-stream",
      headers: { "upload-offset": "0", "idempotency-key": "part-1" },
    });
  const first = await sendWithKey(FILE.subarray(0, 1000));
  await send(1000, FILE.subarray(1000, 1500));
  const again = await sendWithKey(FILE.subarray(0, 1000));
  expect(again.json()).toEqual(first.json());
  expect((await sendWithKey(FILE.subarray(1, 1001))).problem().code).toBe("IDEMPOTENCY_KEY_REUSED");
  expect(await state()).toMatchObject({ offset: 1500 });
});

test.each(["application/octet-stream", "application/json"])(
  "A1 bytes sent as %s are refused with 415",
  async (type) => {
    await begin();
    const headers = { "upload-offset": "0" };
    const refused = await fixture.call("PATCH", PATH, { body: Buffer.from("{}"), type, headers });
    expect(refused.problem()).toMatchObject({ status: 415, code: "MEDIA_TYPE_UNSUPPORTED" });
  },
);

test("U1 HEAD says where to go on", async () => {
  await begin();
  await send(0, FILE.subarray(0, 1000));
  expect((await fixture.call("HEAD", PATH)).header("upload-offset")).toBe("1000");
});

class Broken extends Error {
  override readonly name = "Broken";
}

test("U1 what came before the connection broke is kept, and the upload goes on there", async () => {
  await begin();
  const body = Readable.from(
    (function* () {
      yield FILE.subarray(0, 10_000);
      yield FILE.subarray(10_000, 17_000);
      throw new Broken("connection reset");
    })(),
  );
  await expect(receiveBytes(fixture.cloud, DEFAULT_ORGANISATION, SHA256, 0, body)).rejects.toThrow(Broken);
  expect(await state()).toMatchObject({ offset: 17_000, state: "open" });
  expect((await send(17_000, FILE.subarray(17_000))).data()).toMatchObject({ state: "complete" });
});

test("U1 whoever begins the upload of the same file finds it where it was", async () => {
  await begin();
  await send(0, FILE.subarray(0, 1000));
  expect((await begin()).data()).toMatchObject({ offset: 1000 });
});

test("U1 a large file is kept in parts that never are in memory together", async () => {
  const large = Buffer.alloc(3 * PART_BYTES + 5, 7);
  const sha256 = digestOf(large);
  await begin({ sha256, length: large.length });
  const sizes: number[] = [];
  const chunks = function* () {
    for (let from = 0; from < large.length; from += 64 * 1024) {
      yield large.subarray(from, from + 64 * 1024);
    }
  };
  await receiveBytes(fixture.cloud, DEFAULT_ORGANISATION, sha256, 0, Readable.from(chunks()));
  for (const { bytes } of await fixture.cloud.db.selectFrom("uploadParts").select("bytes").execute()) {
    sizes.push(Buffer.from(bytes, "base64").length);
  }
  expect(Math.max(...sizes)).toBeLessThanOrEqual(PART_BYTES + 64 * 1024);
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(large.length);
});

test("U1 what is not the file that it was said to be is thrown away and can be sent again", async () => {
  await begin();
  const refused = await send(0, Buffer.alloc(FILE.length));
  expect(refused.problem()).toMatchObject({ status: 422, code: "UPLOAD_DIGEST_WRONG" });
  expect(await state()).toMatchObject({ offset: 0, state: "open" });
  expect((await send(0, FILE)).data()).toMatchObject({ state: "complete" });
});

test("U1 more bytes than were announced are refused, and change nothing", async () => {
  await begin();
  await send(0, FILE.subarray(0, 1000));
  const before = await state();
  fixture.clock.at += 1000;
  const refused = await send(1000, Buffer.concat([FILE.subarray(1000), Buffer.alloc(1)]));
  expect(refused.problem()).toMatchObject({ status: 422, code: "UPLOAD_OVERLONG" });
  expect(await state()).toEqual(before);
  expect((await send(1000, FILE.subarray(1000))).data()).toMatchObject({ state: "complete" });
});

test("U1 a body of unknown length that turns out too long leaves nothing of its parts", async () => {
  const length = 2 * PART_BYTES;
  await begin({ sha256: SHA256, length });
  await send(0, Buffer.alloc(10));
  const body = Readable.from([Buffer.alloc(PART_BYTES), Buffer.alloc(PART_BYTES)]);
  const receiving = receiveBytes(fixture.cloud, DEFAULT_ORGANISATION, SHA256, 10, body);
  await expect(receiving).rejects.toMatchObject({ code: "UPLOAD_OVERLONG" });
  expect(await state()).toMatchObject({ offset: 10, state: "open" });
  const parts = await fixture.cloud.db.selectFrom("uploadParts").select("position").execute();
  expect(parts).toEqual([{ position: 0 }]);
});

test("A11 a file beyond the limit is refused before a byte is sent, naming the option", async () => {
  const refused = await begin({ sha256: SHA256, length: 4 * PART_BYTES + 1 });
  expect(refused.problem()).toMatchObject({
    status: 413,
    code: "UPLOAD_TOO_LARGE",
    detail: "A file of 1048577 bytes is larger than the 1048576 bytes that --max-image-bytes allows.",
  });
});

test("A11 more uploads at once than the limit are refused, naming the option", async () => {
  for (const digit of ["1", "2"]) await begin({ sha256: digit.repeat(64), length: 5 });
  expect((await begin()).problem()).toMatchObject({
    status: 409,
    code: "UPLOAD_QUOTA",
    detail: "2 uploads wait already, and --max-uploads allows no more.",
  });
});

test("U1 one digest has one length", async () => {
  await begin();
  expect((await begin({ sha256: SHA256, length: 5 })).problem().code).toBe("UPLOAD_DIFFERS");
});

test("U1 an image is made of a finished upload, by its digest", async () => {
  await fixture.call("PUT", `/api/v1/hardware/${HARDWARE}`, { body: { title: "x", regions: [CODE] } });
  const draft = (await fixture.call("POST", "/api/v1/releases", { body: { name: "Spring" } })).data();
  const path = `/api/v1/releases/${(draft as Release).releaseId}/images`;
  const body = { hardwareId: HARDWARE, sha256: SHA256, version: "2.0.0", requires: { currentIs: ["1.0.0"] } };
  expect((await fixture.call("POST", path, { body })).problem().code).toBe("UPLOAD_UNKNOWN");
  await begin();
  await send(0, FILE.subarray(0, 10));
  expect((await fixture.call("POST", path, { body })).problem()).toMatchObject({
    code: "UPLOAD_UNFINISHED",
    detail: `Upload ${SHA256} has 10 of 60000 bytes.`,
  });
  await send(10, FILE.subarray(10));
  const made = await fixture.call("POST", path, { body });
  expect(made.status).toBe(201);
  expect((made.data() as UploadResult).image).toMatchObject({
    sha256: SHA256,
    length: FILE.length,
    requires: { currentIs: ["1.0.0"] },
  });
});

test("U1 an upload that nobody goes on with is removed after a day, with its bytes", async () => {
  await begin();
  await send(0, FILE.subarray(0, 1000));
  expect(await sweepUploads(fixture.cloud.db, fixture.clock.at + UPLOAD_TTL_MS - 1)).toBe(0);
  expect(await sweepUploads(fixture.cloud.db, fixture.clock.at + UPLOAD_TTL_MS)).toBe(1);
  expect(await fixture.cloud.db.selectFrom("uploadParts").selectAll().execute()).toEqual([]);
  expect((await fixture.call("GET", PATH)).problem().code).toBe("UPLOAD_UNKNOWN");
});

test("U1 an upload can be given up", async () => {
  await begin();
  expect((await fixture.call("DELETE", PATH)).status).toBe(200);
  expect((await fixture.call("GET", PATH)).status).toBe(404);
});
