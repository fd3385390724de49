import { expect, test } from "vitest";
import { mayPass } from "./passing.ts";
import { Refusal } from "./refusals.ts";

const coded = (code: string): Error => Object.assign(new Error("of the database"), { code });

test.each<[string, unknown]>([
  ["a busy store", new Refusal("STORE_BUSY")],
  ["a store that is away", new Refusal("STORE_UNAVAILABLE")],
  ["a full queue", new Refusal("TELEMETRY_BUSY", { waiting: 1 })],
  ["a deadlock", coded("40P01")],
  ["a full disk under PostgreSQL", coded("53100")],
  ["a server that became a standby", coded("25006")],
  ["a full disk under SQLite", coded("SQLITE_FULL")],
  ["a locked file under SQLite", coded("SQLITE_BUSY_SNAPSHOT")],
])("A8 %s may pass", (_what, error) => {
  expect(mayPass(error)).toBe(true);
});

test.each<[string, unknown]>([
  ["what is not as documented", new Refusal("REQUEST_INVALID", { reason: "test" })],
  ["an error without a name", new Refusal("INTERNAL")],
  ["a number that PostgreSQL does not take", coded("22P02")],
  ["a broken rule of SQLite", coded("SQLITE_CONSTRAINT_UNIQUE")],
  ["a fault of the program", new TypeError("undefined is not a function")],
])("A8 %s does not pass", (_what, error) => {
  expect(mayPass(error)).toBe(false);
});
