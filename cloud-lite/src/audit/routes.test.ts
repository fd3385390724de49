import { afterEach, beforeEach, expect, test } from "vitest";
import { testCloud, type TestCloud } from "../testing.ts";
import type { AuditEntry } from "./entries.ts";

let fixture: TestCloud;
beforeEach(async () => {
  fixture = await testCloud();
  for (const vehicleId of ["a", "b"]) {
    fixture.clock.at += 1000;
    await fixture.call("POST", "/api/v1/vehicles", { body: { vehicleId, ecus: [] } });
  }
  fixture.clock.at += 1000;
  await fixture.call("POST", "/api/v1/releases", { body: { name: "Spring" } });
});
afterEach(() => fixture.close());

const list = async (query: string): Promise<AuditEntry[]> =>
  (await fixture.call("GET", `/api/v1/audit?${query}`)).data() as AuditEntry[];
const actions = async (query: string): Promise<string[]> => (await list(query)).map(({ action }) => action);

test.each([
  ["subjectKind=vehicle", ["vehicle.created", "vehicle.created"]],
  ["subjectId=b", ["vehicle.created"]],
  ["actorKind=cloud", ["cloud.initialised"]],
  ["action=release", ["release.created"]],
  ["action=release.created", ["release.created"]],
  ["action=rel", []],
  ["action=vehicle&subjectId=a", ["vehicle.created"]],
])("A6 the log is filtered: %s", async (query, expected) => {
  expect(await actions(query)).toEqual(expected);
});

test("A6 the log of a span of time: from it on, up to but without its end", async () => {
  const at = fixture.clock.at;
  expect(await actions(`from=${at}`)).toEqual(["release.created"]);
  expect(await actions(`from=${at - 1000}&to=${at}`)).toEqual(["vehicle.created"]);
});

test("A6 an entry names the person, the credential, the permission and the request", async () => {
  const [entry] = await list("action=release");
  expect(entry).toMatchObject({
    actor: { kind: "operator", credentialId: expect.any(String) },
    permission: "release.write",
    requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
  });
});

test("A6 the export has every entry, oldest first, an entry a line, as the list shows them", async () => {
  const answer = await fixture.call("GET", "/api/v1/audit/export");
  expect(answer.header("content-type")).toBe("application/x-ndjson");
  const lines = answer.bytes.toString().trimEnd().split("\n");
  const entries = lines.map((line) => JSON.parse(line) as AuditEntry);
  expect(entries).toEqual((await list("")).toReversed());
});

test("A6 the export takes the filters of the list", async () => {
  const answer = await fixture.call("GET", "/api/v1/audit/export?action=vehicle");
  expect(answer.bytes.toString().trimEnd().split("\n")).toHaveLength(2);
});
