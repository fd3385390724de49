import { makeTemplate } from "./test-database.ts";
import { startThrowAwayPostgres } from "./throw-away-postgres.ts";

/** Vitest's global set-up: one server for all tests, unless HALFSHAFT_TEST_STORE names one. */
export default async function setUp(): Promise<() => Promise<void>> {
  const named = process.env.HALFSHAFT_TEST_STORE;
  if (named) {
    await makeTemplate(named);
    return () => Promise.resolve();
  }
  const server = await startThrowAwayPostgres();
  await makeTemplate(server.url);
  process.env.HALFSHAFT_TEST_STORE = server.url;
  return () => server.stop();
}
