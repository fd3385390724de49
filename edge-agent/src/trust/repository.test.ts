import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { VirtualClock } from "@halfshaft/vehicle-net/clock";
import { Key } from "@tufjs/models";
import { Role } from "@tufjs/models/dist/role.js";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type FetchFunction, Http } from "../http/http.ts";
import { T0 } from "../journal/testing.ts";
import { Repository } from "./repository.ts";
import { testKey, TestRepository, type TestRole } from "./test-repository.ts";

const DAY_MS = 86_400_000;
const signal = new AbortController().signal;
let folder: string;
beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), "halfshaft-trust-"))));
afterEach(() => rm(folder, { recursive: true, force: true }));

function vehicle(
  repository: TestRepository,
  { now = T0, fetch = repository.fetch }: { now?: number; fetch?: FetchFunction } = {},
): Repository {
  const clock = new VirtualClock();
  return new Repository({
    name: "Image",
    metadataUrl: "http://cloud.test/repo/image/metadata",
    folder,
    pinnedRoot: repository.root,
    http: new Http({ fetch, token: "t", clock }),
    clock,
    now: () => now,
  });
}

const versionOf = (repository: Repository): Promise<number> =>
  repository.read(async ({ targets }) => targets.version, signal);
/** `PLAN_METADATA_EXPIRED timestamp 2026-…`: code, role, and time or reason. */
const failing = async (repository: Repository): Promise<string> => {
  try {
    return `version ${await versionOf(repository)}`;
  } catch (error) {
    const { failure, operands } = error as { failure: string; operands: Record<string, string> };
    return [failure, operands["role"], operands["expires"] ?? operands["reason"]].filter(Boolean).join(" ");
  }
};

test("E3 metadata that are signed as the root demands are read", async () => {
  expect(await versionOf(vehicle(new TestRepository().publish({ version: 1 })))).toBe(1);
});

test("E3 a newer version is taken, and the same one again", async () => {
  const repository = new TestRepository().publish({ version: 1 });
  await versionOf(vehicle(repository));
  repository.publish({ version: 2 });
  expect(await versionOf(vehicle(repository))).toBe(2);
  expect(await versionOf(vehicle(repository))).toBe(2);
});

const expiring: readonly TestRole[] = ["timestamp", "snapshot", "targets"];
test.each(expiring)("T2 an expired %s is refused with its role and time (freeze)", async (role) => {
  const repository = new TestRepository().publish({ version: 1, expires: { [role]: T0 - 1000 } });
  const expires = new Date(T0 - 1000).toISOString().replace(".000Z", "Z");
  expect(await failing(vehicle(repository))).toBe(`PLAN_METADATA_EXPIRED ${role} ${expires}`);
});

test("T2 an expired root is refused", async () => {
  const repository = new TestRepository(T0 - 1000).publish({ version: 1 });
  expect(await failing(vehicle(repository))).toMatch(/^PLAN_METADATA_EXPIRED root/);
});

test("T2 metadata that were good once are refused when the clock has passed their end", async () => {
  const repository = new TestRepository().publish({ version: 1 });
  await versionOf(vehicle(repository));
  const later = vehicle(repository, { now: T0 + 2 * DAY_MS });
  expect(await failing(later)).toMatch(/^PLAN_METADATA_EXPIRED timestamp/);
});

test.each(["timestamp", "snapshot", "targets"] as const)(
  "T2 %s metadata signed by a foreign key are refused",
  async (forge) => {
    const repository = new TestRepository().publish({ version: 1, forge });
    expect(await failing(vehicle(repository))).toBe(`PLAN_METADATA_UNTRUSTED ${forge}`);
  },
);

test("T2 an older timestamp than the one seen is refused (rollback)", async () => {
  const repository = new TestRepository().publish({ version: 1 });
  const old = new Map(repository.files);
  repository.publish({ version: 2 });
  await versionOf(vehicle(repository));
  for (const [name, bytes] of old) repository.files.set(name, bytes);
  expect(await failing(vehicle(repository))).toBe("PLAN_METADATA_ROLLBACK timestamp");
});

test("T2 a rollback is noticed although the newer run failed behind its timestamp", async () => {
  const repository = new TestRepository().publish({ version: 1 });
  const old = new Map(repository.files);
  repository.publish({ version: 2, forge: "targets" });
  expect(await failing(vehicle(repository))).toBe("PLAN_METADATA_UNTRUSTED targets");
  for (const [name, bytes] of old) repository.files.set(name, bytes);
  expect(await failing(vehicle(repository))).toBe("PLAN_METADATA_ROLLBACK timestamp");
});

test("T2 targets of another version than the snapshot says are refused (mix-and-match)", async () => {
  const repository = new TestRepository().publish({ version: 1 });
  const old = repository.files.get("1.targets.json")!;
  repository.publish({ version: 2, custom: { different: true } });
  repository.files.set("2.targets.json", old);
  expect(await failing(vehicle(repository))).toMatch(/^PLAN_METADATA_INVALID targets Expected length/);
});

test("T2 a timestamp without end is cut off (endless data)", async () => {
  const repository = new TestRepository().publish({ version: 1 });
  let sent = 0;
  const endless: FetchFunction = async (url) => {
    if (!url.endsWith("timestamp.json")) return repository.fetch(url);
    return new Response(
      new ReadableStream({
        pull: (controller) => {
          sent += 4096;
          controller.enqueue(new Uint8Array(4096));
        },
      }),
    );
  };
  expect(await failing(vehicle(repository, { fetch: endless }))).toMatch(/^PLAN_METADATA_INVALID timestamp/);
  expect(sent).toBeLessThan(64 * 1024);
});

test("E3 a repository that cannot be reached says so", async () => {
  const repository = new TestRepository();
  const gone: FetchFunction = async () => {
    throw new TypeError("fetch failed", { cause: new RangeError("connect ECONNREFUSED") });
  };
  expect(await failing(vehicle(repository, { fetch: gone }))).toBe(
    "PLAN_METADATA_UNREACHABLE connect ECONNREFUSED",
  );
});

test("T2 a redirect is not followed", async () => {
  const repository = new TestRepository().publish({ version: 1 });
  const elsewhere: FetchFunction = async () => Response.redirect("http://evil.test/timestamp.json", 302);
  const failure = await failing(vehicle(repository, { fetch: elsewhere }));
  expect(failure).toMatch(/^PLAN_METADATA_UNREACHABLE .*redirects are not followed/);
});

test("T1 a new root that the old one has signed is followed, and the old keys are worth nothing", async () => {
  const repository = new TestRepository().publish({ version: 1 });
  await versionOf(vehicle(repository));
  const next = { ...repository.keys, timestamp: testKey() };
  repository.signRoot(2, T0 + 300 * DAY_MS, next);
  repository.publish({ version: 2 });
  expect(await failing(vehicle(repository))).toBe("PLAN_METADATA_UNTRUSTED timestamp");
  repository.keys.timestamp = next.timestamp;
  repository.publish({ version: 3 });
  expect(await versionOf(vehicle(repository))).toBe(3);
});

test("T2 one key under two ids does not make two signatures", async () => {
  const repository = new TestRepository();
  const { key } = repository.keys.targets;
  const { keyType, scheme, keyVal } = key;
  const twin = {
    ...repository.keys.targets,
    key: new Key({ keyID: "0".repeat(64), keyType, scheme, keyVal }),
  };
  const keys = { ...repository.keys, transport: twin };
  const roles = { targets: new Role({ keyIDs: [key.keyID, twin.key.keyID], threshold: 2 }) };
  repository.signRoot(2, T0 + DAY_MS, keys, roles);
  repository.publish({ version: 1, alsoSigns: { targets: twin } });
  expect(await failing(vehicle(repository))).toBe(
    "PLAN_METADATA_INVALID root its role targets names one key twice, or a key that is missing",
  );
});

test("E3 what every object inherits is no target", async () => {
  const repository = new TestRepository().publish({ version: 1 });
  const target = await vehicle(repository).read((metadata) => metadata.target("constructor"), signal);
  expect(target).toBeUndefined();
});

test("E3 a target of the delegation is found, and its metadata are kept", async () => {
  const file = { bytes: new Uint8Array(3), custom: {} };
  const repository = new TestRepository().publish({
    version: 1,
    targets: {},
    transport: { "transport/a-b.bsdiff40": file },
  });
  const target = await vehicle(repository).read(
    (metadata) => metadata.target("transport/a-b.bsdiff40"),
    signal,
  );
  expect(target?.length).toBe(3);
});

test("E3 the store is one whole generation behind one pointer", async () => {
  const repository = new TestRepository().publish({ version: 1 });
  await versionOf(vehicle(repository));
  repository.publish({ version: 2 });
  await versionOf(vehicle(repository));
  const names = (await readdir(folder)).sort();
  expect(names).toEqual(["current", "g2"]);
  expect(await readFile(join(folder, "current"), "utf8")).toBe("g2");
});

test("E3 a generation that was never published counts for nothing", async () => {
  const repository = new TestRepository().publish({ version: 1 });
  await versionOf(vehicle(repository));
  const power = new AbortController();
  const cut: FetchFunction = async () => {
    power.abort(new DOMException("off", "AbortError"));
    throw new TypeError("gone");
  };
  const interrupted = vehicle(repository, { fetch: cut }).read(async () => 0, power.signal);
  await expect(interrupted).rejects.toThrow("off");
  expect(await readFile(join(folder, "current"), "utf8")).toBe("g1");
  expect(await versionOf(vehicle(repository))).toBe(1);
});
