import { afterEach, beforeEach, expect, test } from "vitest";
import type { Release } from "@halfshaft/ota-format";
import { CODE, firmware, HARDWARE, testCloud, UICR, type TestCloud } from "../testing.ts";
import type { UploadResult } from "./schema.ts";

let fixture: TestCloud;
let releaseId: string;
beforeEach(async () => {
  fixture = await testCloud({ config: { maxImageBytes: 8192 } });
  await fixture.call("PUT", `/api/v1/hardware/${HARDWARE}`, {
    body: { title: "Engine control", regions: [CODE, UICR] },
  });
  const draft = await fixture.call("POST", "/api/v1/releases", { body: { name: "Spring" } });
  ({ releaseId } = draft.data() as Release);
});
afterEach(() => fixture.close());

const upload = (body: string | Buffer, query = "version=2.0.0", type = "application/octet-stream") =>
  fixture.call("PUT", `/api/v1/releases/${releaseId}/images/${HARDWARE}?${query}`, { body, type });
const publish = () => fixture.call("POST", `/api/v1/releases/${releaseId}/publish`);
const read = async (): Promise<Release> =>
  (await fixture.call("GET", `/api/v1/releases/${releaseId}`)).data() as Release;

// Code at 0x1000 and, as the micro:bit file has them, UICR words at 0x100010C0.
const HEX = [
  ":1010000000112233445566778899AABBCCDDEEFFE8",
  ":020000041000EA",
  ":0410C000FFFFFFFF30",
  ":00000001FF",
];

test("U1 an Intel HEX upload says what it leaves out: regions that are not flashed", async () => {
  const answer = await upload(HEX.join("\n"), "version=2.0.0", "text/x-hex");
  const { image, leftOut } = answer.data() as UploadResult;
  expect(leftOut).toEqual([{ name: "uicr", address: 0x1000_10c0, length: 4 }]);
  expect(image).toMatchObject({ length: 16, segments: [{ address: 0x1000, length: 16 }] });
  const file = await fixture.call("GET", `/api/v1/releases/${releaseId}/images/${image.imageId}/file`);
  expect(file.bytes.toString("hex")).toBe("00112233445566778899aabbccddeeff");
});

test("U1 a malformed Intel HEX is refused with its line and changes nothing", async () => {
  const damaged = HEX.with(2, ":0410C000FFFFFFFF31").join("\n");
  const answer = await upload(damaged, "version=2.0.0&format=hex");
  expect(answer.problem()).toMatchObject({
    status: 422,
    code: "HEX_MALFORMED",
    detail: "Intel HEX line 3: its checksum is 31 and should be 30.",
  });
  expect((await read()).images).toEqual([]);
});

// The same code, and two words far above it.
const SREC = ["S113100000112233445566778899AABBCCDDEEFFE4", "S309100010C0FFFFFFFF1A", "S9030000FC"];

test("U1 an S-record upload of two runs becomes the segments that are flashed", async () => {
  const answer = await upload(SREC.join("\n"), "version=2.0.0", "text/x-srec");
  const { image, leftOut } = answer.data() as UploadResult;
  expect(leftOut).toEqual([{ name: "uicr", address: 0x1000_10c0, length: 4 }]);
  expect(image).toMatchObject({ length: 16, segments: [{ address: 0x1000, length: 16 }] });
});

test("U1 a malformed S-record is refused with its line", async () => {
  const answer = await upload(SREC.with(1, "S309100010C0FFFFFFFF1B").join("\n"), "version=2.0.0&format=srec");
  expect(answer.problem()).toMatchObject({
    status: 422,
    code: "SREC_MALFORMED",
    detail: "S-record line 2: its checksum is 1B and should be 1A.",
  });
});

test("U1 an S-record with bytes outside of every region is refused with its line", async () => {
  const outside = [...SREC.slice(0, 2), "S3062000000001D8", SREC[2]!].join("\n");
  const { detail } = (await upload(outside, "version=2.0.0", "text/x-srec")).problem();
  expect(detail).toBe("S-record line 3: 1 bytes at 0x20000000 lie in no memory region of HW-ENGINE.");
});

test.each(["bin", "hex", "srec"])("U1 an ELF file is refused with advice, as %s too", async (format) => {
  const elf = Buffer.from("7f454c460101010000000000000000000200280001000000", "hex");
  const answer = await upload(elf, `version=2.0.0&format=${format}`);
  expect(answer.problem()).toMatchObject({
    status: 422,
    code: "IMAGE_IS_ELF",
    help: "Take out what is loaded and upload that: objcopy -O ihex firmware.elf firmware.hex.",
  });
});

test.each([
  ["hex", ":020000040000FA\r\n:00000001FF\r\n"],
  ["srec", "S00600004844521B\nS9030000FC\n"],
])(
  "U1 a text file of format %s that is sent as raw binary is refused, unless it is meant so",
  async (format, text) => {
    const answer = await upload(Buffer.from(text));
    expect(answer.problem()).toMatchObject({ status: 422, code: "IMAGE_IS_TEXT" });
    expect(answer.problem().help).toContain(`format=${format}`);
    expect((await upload(Buffer.from(text), "version=2.0.0&format=bin")).status).toBe(200);
  },
);

test("U1 an Intel HEX with bytes outside of every region is refused with its line", async () => {
  const outside = [":020000042000DA", ":0100000001FE", ":00000001FF"].join("\n");
  const answer = await upload(outside, "version=2.0.0", "text/x-hex");
  expect(answer.problem()).toMatchObject({
    code: "IMAGE_OUT_OF_RANGE",
    detail: "Intel HEX line 2: 1 bytes at 0x20000000 lie in no memory region of HW-ENGINE.",
  });
});

test("U1 a raw binary begins at the only flashed region, or where the query says", async () => {
  const first = (await upload(firmware(1, 16))).data() as UploadResult;
  expect(first.image.segments[0]!.address).toBe(0x1000);
  const second = (await upload(firmware(1, 16), "version=2.0.0&address=0x1100")).data() as UploadResult;
  expect(second.image.segments[0]!.address).toBe(0x1100);
});

test("U1 a raw binary that is longer than its region is refused with the byte", async () => {
  const answer = await upload(firmware(1, 32), "version=2.0.0&address=0x10ff0");
  expect(answer.problem()).toMatchObject({
    code: "IMAGE_OUT_OF_RANGE",
    detail: "Byte 16 of the file: 16 bytes at 0x11000 lie in no memory region of HW-ENGINE.",
  });
});

test("U3 a second upload of a released version is refused, by any release", async () => {
  await upload(firmware(1));
  expect((await publish()).status).toBe(200);
  const same = await upload(firmware(1));
  expect(same.problem()).toMatchObject({
    status: 409,
    code: "IMAGE_VERSION_TAKEN",
    detail: "Version 2.0.0 for HW-ENGINE was released already.",
  });
  const draft = await fixture.call("POST", "/api/v1/releases", { body: { name: "Other" } });
  ({ releaseId } = draft.data() as Release);
  expect((await upload(firmware(9))).problem().code).toBe("IMAGE_VERSION_TAKEN");
});

test("U3 a published release takes no further version and is not published twice", async () => {
  await upload(firmware(1));
  await publish();
  const before = await read();
  expect((await upload(firmware(2), "version=3.0.0")).problem()).toMatchObject({
    status: 409,
    code: "RELEASE_IMMUTABLE",
  });
  expect((await publish()).problem().code).toBe("RELEASE_IMMUTABLE");
  expect(await read()).toEqual(before);
});

test("U3 two drafts with the same version: the first one published has it", async () => {
  await upload(firmware(1));
  const first = releaseId;
  const draft = await fixture.call("POST", "/api/v1/releases", { body: { name: "Other" } });
  ({ releaseId } = draft.data() as Release);
  await upload(firmware(2));
  await fixture.call("POST", `/api/v1/releases/${first}/publish`);
  expect((await publish()).problem().code).toBe("IMAGE_VERSION_TAKEN");
  expect((await read()).state).toBe("draft");
});

test("U3 a draft's image may be replaced until it is published", async () => {
  await upload(firmware(1));
  await upload(firmware(2), "version=2.0.1");
  expect((await read()).images.map((image) => image.version)).toEqual(["2.0.1"]);
});

test("U4 publishing signs the descriptor; a draft has none", async () => {
  const { image } = (await upload(firmware(1))).data() as UploadResult;
  const path = `/api/v1/releases/${releaseId}/images/${image.imageId}/descriptor`;
  expect((await fixture.call("GET", path)).problem().code).toBe("IMAGE_NOT_SIGNED");
  await publish();
  const descriptor = await fixture.call("GET", path);
  expect(descriptor.bytes.subarray(0, 4).toString()).toBe("HSD1");
});

test.each([
  ["an unknown hardware", "HW-OTHER", "version=2.0.0", "HARDWARE_UNKNOWN", 404],
  ["no version", HARDWARE, "address=0", "REQUEST_INVALID", 400],
  ["a version that is none", HARDWARE, "version=2.0.0-01", "VERSION_INVALID", 422],
  ["a counter beyond 32 bits", HARDWARE, "version=2.0.0&releaseCounter=4294967296", "REQUEST_INVALID", 400],
  ["an unknown parameter", HARDWARE, "version=2.0.0&force=1", "REQUEST_INVALID", 400],
])("U2 an upload with %s is refused", async (_name, hardwareId, query, code, status) => {
  const url = `/api/v1/releases/${releaseId}/images/${hardwareId}?${query}`;
  const answer = await fixture.call("PUT", url, { body: firmware(1), type: "application/octet-stream" });
  expect(answer.problem()).toMatchObject({ status, code });
});

test.each(["application/octet-stream", "text/x-hex", "text/x-srec"])(
  "U1 an upload of nothing as %s is refused as that",
  async (type) => {
    const answer = await upload(Buffer.alloc(0), "version=2.0.0", type);
    expect(answer.problem()).toMatchObject({ status: 422, code: "UPLOAD_EMPTY" });
  },
);

test("A11 an upload that is larger than the limit is refused with 413", async () => {
  const answer = await upload(firmware(1, 8193));
  expect(answer.problem()).toMatchObject({
    status: 413,
    code: "FILE_TOO_LARGE",
    detail: "The file is larger than the 8192 bytes that --max-image-bytes allows.",
  });
});

test("A1 an upload in another media type is refused with 415", async () => {
  expect((await upload("x", "version=2.0.0", "image/png")).problem()).toMatchObject({
    status: 415,
    code: "MEDIA_TYPE_UNSUPPORTED",
  });
  expect((await upload("{}", "version=2.0.0", "application/json")).problem().code).toBe(
    "MEDIA_TYPE_UNSUPPORTED",
  );
});
