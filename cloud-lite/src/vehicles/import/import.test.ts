import { readFile } from "node:fs/promises";
import { Readable } from "node:stream";
import { afterEach, beforeEach, expect, test } from "vitest";
import { CODE, HARDWARE, keyOfUser, manifestOf, testCloud, UICR, type TestCloud } from "../../testing.ts";
import type { Vehicle } from "../schema.ts";

let fixture: TestCloud;
beforeEach(async () => {
  fixture = await testCloud();
  const body = { title: "Engine control", regions: [CODE, UICR] };
  await fixture.call("PUT", `/api/v1/hardware/${HARDWARE}`, { body });
});
afterEach(() => fixture.close());

interface Imported {
  importId: string;
  dryRun: boolean;
  state: string;
  created: number;
  updated: number;
  unchanged: number;
  refused: number;
  errors: { line: number; field?: string; code: string; sentence: string }[];
}

const HEADER =
  "vehicleId,vin,model,year,region,groups,attributes.battery,timeZone,gateway.ecuId,gateway.name,gateway.hardwareId," +
  "ecu1.ecuId,ecu1.name,ecu1.hardwareId,ecu1.hardwareRevision,ecu1.version,ecu1.sha256";
const SHA = "a".repeat(64);
const row = (
  n: number,
  more: Partial<Record<"vin" | "region" | "hardwareId" | "version", string>> = {},
): string =>
  [
    `car-${n}`,
    more.vin ?? "",
    "Roadster",
    "2026",
    more.region ?? "eu",
    "pilot|north",
    "77 kWh",
    "Europe/Oslo",
    `GW-${n}`,
    "Gateway",
    "GW-1",
    `ENG-${n}`,
    "Engine control",
    more.hardwareId ?? HARDWARE,
    "C2",
    more.version ?? "1.0.0",
    SHA,
  ].join(",");
const table = (...rows: string[]): string => [HEADER, ...rows, ""].join("\n");

async function send(body: unknown, query = "", type: string | undefined = "text/csv") {
  return fixture.call("POST", `/api/v1/vehicles/import${query}`, { body, ...(type ? { type } : {}) });
}
const importing = async (body: unknown, query = "", type?: string): Promise<Imported> =>
  (await send(body, query, type)).data() as Imported;
const vehicles = async (): Promise<Vehicle[]> =>
  (await fixture.call("GET", "/api/v1/vehicles?limit=200")).data() as Vehicle[];

test("D2 a text that not every database keeps is an error of its row", async () => {
  const { created, errors } = await importing(table(row(1, { region: "e\u0000u" }), row(2)));
  expect([created, errors]).toMatchObject([1, [{ line: 2, field: "region", code: "TEXT_UNFIT" }]]);
});

test("D2 a table of vehicles is imported with hardware revisions, serials and software versions", async () => {
  expect(await importing(table(row(1), row(2)))).toMatchObject({
    state: "finished",
    dryRun: false,
    created: 2,
    updated: 0,
    unchanged: 0,
    refused: 0,
  });
  const [car] = await vehicles();
  expect(car).toMatchObject({
    vehicleId: "car-1",
    model: "Roadster",
    year: 2026,
    groups: ["north", "pilot"],
    attributes: { battery: "77 kWh" },
    timeZone: "Europe/Oslo",
    ecus: [
      { ecuId: "ENG-1", hardwareId: HARDWARE, kind: "uds", version: "1.0.0", imageSha256: SHA },
      { ecuId: "GW-1", kind: "gateway" },
    ],
  });
  const ecus = await fixture.cloud.db.selectFrom("ecus").selectAll().where("ecuId", "=", "ENG-1").execute();
  expect(ecus).toMatchObject([{ hardwareRevision: "C2", builtVersion: "1.0.0", reportedAt: null }]);
});

test("D2 importing the same file twice changes nothing", async () => {
  const file = table(row(1), row(2));
  await importing(file);
  const before = await vehicles();
  fixture.clock.at += 1000;
  expect(await importing(file)).toMatchObject({ created: 0, updated: 0, unchanged: 2 });
  expect(await vehicles()).toEqual(before);
});

test("D2 a row that differs updates its vehicle, and takes nothing away", async () => {
  await importing(table(row(1)));
  expect(await importing("vehicleId,region,groups\ncar-1,us,south\n")).toMatchObject({ updated: 1 });
  expect((await vehicles())[0]).toMatchObject({
    region: "us",
    model: "Roadster",
    groups: ["north", "pilot", "south"],
    ecus: [{ ecuId: "ENG-1" }, { ecuId: "GW-1" }],
  });
});

test("D2 rows that are wrong are refused by line, column, code and sentence; the others are taken", async () => {
  const done = await importing(
    table(row(1), row(2, { version: "two" }), row(3, { hardwareId: "HW-X" }), row(1), "car-5,", row(6)),
  );
  expect(done).toMatchObject({ created: 2, refused: 4 });
  expect(done.errors.map(({ line, field, code }) => [line, field, code])).toEqual([
    [3, "ecu1.version", "FIELD_INVALID"],
    [4, undefined, "HARDWARE_UNKNOWN"],
    [5, undefined, "ROW_REPEATED"],
    [6, undefined, "ROW_WIDTH"],
  ]);
  expect(done.errors[0]!.sentence).toBe(
    'ecu1.version is "two"; it should be a semantic version, such as 2.0.0.',
  );
  const first = await fixture.call("GET", `/api/v1/vehicles/imports/${done.importId}/errors?limit=3`);
  expect(first.data()).toHaveLength(3);
  const next = `/api/v1/vehicles/imports/${done.importId}/errors?limit=3&cursor=${first.nextCursor()}`;
  expect((await fixture.call("GET", next)).data()).toMatchObject([{ line: 6, code: "ROW_WIDTH" }]);
});

test("D2 a dry run says what would be done, and changes no vehicle", async () => {
  await importing(table(row(1)));
  const file = table(row(1), row(2), row(3, { version: "x" }), row(2));
  const dry = await importing(file, "?dryRun=true");
  expect(await vehicles()).toHaveLength(1);
  const real = await importing(file);
  const { importId: _a, dryRun, ...said } = dry;
  const { importId: _b, dryRun: _c, ...did } = real;
  expect(dryRun).toBe(true);
  expect(said).toEqual(did);
});

test("D2 a VIN that another vehicle has is refused", async () => {
  const vin = "1M8GDM9AXKP042788";
  await importing(table(row(1, { vin })));
  expect((await importing(table(row(2, { vin })))).errors).toMatchObject([
    { line: 2, field: "vin", code: "VIN_TAKEN", sentence: `VIN ${vin} belongs to another vehicle.` },
  ]);
});

test("D2 JSON lines and a JSON list are taken like a table", async () => {
  const vehicle = { vehicleId: "a", ecus: [{ ecuId: "E", name: "Engine", hardwareId: HARDWARE }] };
  const lines = `${JSON.stringify(vehicle)}\n\n{"vehicleId":"b","colour":"red"}\n{oops\n`;
  const done = await importing(lines, "", "application/x-ndjson");
  expect(done).toMatchObject({ created: 1, refused: 2 });
  expect(done.errors).toMatchObject([
    { line: 3, field: "colour", code: "FIELD_UNKNOWN" },
    { line: 4, code: "ROW_NOT_JSON" },
  ]);
  const list = await fixture.call("POST", "/api/v1/vehicles/import", { body: [vehicle, { vin: 5 }] });
  expect(list.data()).toMatchObject({ unchanged: 1, refused: 1 });
});

test.each(["[]", "5", "null", '"car"'])(
  "D2 a line of JSON that is %s is said to be no object",
  async (line) => {
    const { errors } = await importing(`${line}\n`, "", "application/x-ndjson");
    expect(errors).toEqual([
      {
        line: 1,
        code: "ROW_NOT_OBJECT",
        sentence: `The row is ${line}; it must be a JSON object with the columns as its members.`,
      },
    ]);
  },
);

/** What becomes of a row of an operator for the region eu. */
async function inEurope(vehicle: object): Promise<Imported> {
  const token = await keyOfUser(fixture, `ben-${fixture.clock.at++}`, [
    { role: "operator", scope: { regions: ["eu"] } },
  ]);
  const answer = await fixture.call("POST", "/api/v1/vehicles/import", { body: [vehicle], token });
  return answer.data() as Imported;
}

test("A4 a row about a vehicle out of sight is refused without telling anything of it", async () => {
  await importing("vehicleId,vin,model,region\nV3,1M8GDM9AXKP042788,Ibex,us\n");
  const sentence = "Your roles do not let you take this row in.";
  for (const row of [
    { vehicleId: "V3", region: "eu" },
    { vin: "1M8GDM9AXKP042788", region: "eu" },
    { vehicleId: "V4", vin: "1M8GDM9AXKP042788", region: "eu" },
  ]) {
    expect((await inEurope(row)).errors).toEqual([{ line: 1, code: "OUT_OF_SCOPE", sentence }]);
  }
});

test("A4 a row without a region is refused alike, whether its vehicle is out of sight or not there", async () => {
  await importing("vehicleId,model,region\nV3,Ibex,us\n");
  const there = await inEurope({ vehicleId: "V3" });
  expect(there.errors).toEqual((await inEurope({ vehicleId: "V9" })).errors);
  expect(there.errors[0]!.sentence).toBe("Your roles do not cover this vehicle: region none, model none.");
});

test("D2 the example of the documentation is taken as it is", async () => {
  const example = await readFile(new URL("../../../../docs/as-built-example.csv", import.meta.url), "utf8");
  expect(await importing(example, "?allowUnknownHardware=true")).toMatchObject({ created: 2, refused: 0 });
});

test("D2 a header that is not understood is refused as a whole", async () => {
  const answer = await send("vehicleId,ecu.serial\ncar-1,2\n");
  expect(answer.problem()).toMatchObject({
    status: 422,
    code: "IMPORT_HEADER_INVALID",
    detail: "The file cannot be imported: its column ecu.serial is not known.",
  });
});

test("D2 a file that breaks off keeps what was taken, and goes on when it is sent again", async () => {
  const rows = Array.from({ length: 700 }, (_, n) => row(n + 1));
  const whole = table(...rows);
  const broken = Readable.from(
    (async function* () {
      yield whole.slice(0, -20);
      await expect
        .poll(() => fixture.cloud.db.selectFrom("vehicles").select("vehicleId").execute())
        .toHaveLength(500);
      throw new ConnectionLost();
    })(),
  );
  await expect(
    fixture.app.inject({
      method: "POST",
      url: "/api/v1/vehicles/import",
      headers: { authorization: `Bearer ${fixture.operatorKey}`, "content-type": "text/csv" },
      payload: broken,
    }),
  ).rejects.toThrow(ConnectionLost);
  await expect
    .poll(async () => {
      const rows = await fixture.cloud.db.selectFrom("vehicleImports").select("state").execute();
      return rows.map(({ state }) => state);
    })
    .toEqual(["broken"]);
  const kept = (await fixture.cloud.db.selectFrom("vehicles").select("vehicleId").execute()).length;
  expect(await importing(whole)).toMatchObject({ created: 700 - kept, unchanged: kept });
});

test("D2 an as-built file names the ECU that was built in; one that was replaced stays replaced", async () => {
  await importing(table(row(1)));
  const issued = await fixture.call("POST", "/api/v1/vehicles/car-1/device-tokens");
  const { token } = issued.data() as { token: string };
  const body = manifestOf("1", "1.0.0", SHA);
  body.ecus[0]!.ecuId = "ENG-new";
  await fixture.call("PUT", "/api/v1/device/version-manifest", { token, body });
  expect((await importing(table(row(1)))).errors).toEqual([]);
  const listed = await fixture.call("GET", "/api/v1/vehicles/car-1/replacements");
  const [{ replacementId }] = listed.data() as [{ replacementId: string }];
  await fixture.call("POST", `/api/v1/vehicles/car-1/replacements/${replacementId}/approve`);
  expect(await importing(table(row(1)))).toMatchObject({ unchanged: 1, refused: 0 });
  expect((await vehicles())[0]!.ecus.map(({ ecuId }) => ecuId)).toEqual(["ENG-new", "GW-1"]);
});

test("D2 an import is audited with its digest and counts, and by chunk with its vehicles", async () => {
  const { importId } = await importing(table(row(1), row(2)));
  const entries = await fixture.call("GET", `/api/v1/audit?subjectId=${importId}`);
  expect(entries.data()).toMatchObject([
    { action: "import.finished", payload: { created: 2, refused: 0, dryRun: false } },
    { action: "vehicles.imported", payload: { created: ["car-1", "car-2"], updated: [] } },
  ]);
});

class ConnectionLost extends Error {
  override readonly name = "ConnectionLost";
}
