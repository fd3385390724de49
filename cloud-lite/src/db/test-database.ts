import { randomUUID } from "node:crypto";
import type { Client } from "pg";
import { openDatabase } from "./open.ts";

/** A database for one test. */
export interface TestDatabase {
  /** As `openDatabase` takes it. */
  readonly place: string;
  drop(): Promise<void>;
}

const TEMPLATE = "halfshaft_template";

/** URL of a PostgreSQL server on which tests may make databases; tests are embedded without it. */
const testServer = (): string | undefined => process.env.HALFSHAFT_TEST_STORE || undefined;

/** In memory; where HALFSHAFT_TEST_STORE names a PostgreSQL server, an empty database of its schema there. */
export async function testDatabase(): Promise<TestDatabase> {
  const server = testServer();
  if (server === undefined) return { place: ":memory:", drop: () => Promise.resolve() };
  // Copies its files, which takes a fifth of the time that to log each of its pages does.
  return postgresDatabase(`template ${TEMPLATE} strategy file_copy`, server);
}

/**
 * A new database on the PostgreSQL server of the tests.
 * @param made how `create database` makes it; without a schema unless given.
 */
export async function postgresDatabase(
  made = "template template0 encoding 'UTF8' locale 'C'",
  server = testServer() ?? "",
): Promise<TestDatabase> {
  const name = `halfshaft_test_${randomUUID().replaceAll("-", "")}`;
  await command(server, `create database ${name} ${made}`);
  return {
    place: placeOf(server, name),
    drop: () => command(server, `drop database ${name} with (force)`),
  };
}

/** Makes the database that those of the tests are copies of: migrating each of them would take far longer. */
export async function makeTemplate(server: string): Promise<void> {
  await command(server, `drop database if exists ${TEMPLATE}`);
  await command(server, `create database ${TEMPLATE} template template0 encoding 'UTF8' locale 'C'`);
  const db = await openDatabase(placeOf(server, TEMPLATE), () => 0);
  await db.destroy();
}

function placeOf(server: string, name: string): string {
  const place = new URL(server);
  place.pathname = `/${name}`;
  return place.href;
}

/** One connection to each server, which does not keep the process: to connect takes longer than to make a database. */
const connections = new Map<string, Promise<Client>>();

async function connect(server: string): Promise<Client> {
  const { default: pg } = await import("pg");
  const client = new pg.Client({ connectionString: server });
  // A server that was stopped.
  client.on("error", () => connections.delete(server));
  await client.connect();
  // Its types leave this out.
  (client as Client & { unref(): void }).unref();
  return client;
}

async function command(server: string, sql: string): Promise<void> {
  const connection = connections.get(server) ?? connect(server);
  connections.set(server, connection);
  await (await connection).query(sql);
}
