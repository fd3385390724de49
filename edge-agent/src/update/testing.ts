import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inlineDeltaEngine } from "@halfshaft/ota-format/delta";
import { VirtualClock } from "@halfshaft/vehicle-net/clock";
import { MemoryLevel } from "memory-level";
import { pino } from "pino";
import { CloudApi } from "../cloud-api.ts";
import { FakeEcus } from "../ecus/fake-ecus.ts";
import { type FetchFunction, Http } from "../http/http.ts";
import { DurableStore } from "../journal/durable-store.ts";
import { Journal } from "../journal/journal.ts";
import { JOB, statement, T0, testOffer } from "../journal/testing.ts";
import { onTestFinished } from "vitest";
import { Nudge } from "../nudge.ts";
import { Staging } from "../staging.ts";
import { eventsOf } from "../telemetry/fact-events.ts";
import { Outbox } from "../telemetry/outbox.ts";
import { Sender } from "../telemetry/sender.ts";
import { Repository } from "../trust/repository.ts";
import { SimulatedVehicle } from "../vehicle-state.ts";
import type { UpdateDeps } from "./deps.ts";
import type { Progress } from "./progress.ts";

export const CLOUD = "http://cloud.test";

const nothing: FetchFunction = async () => new Response("{}", { status: 503 });

export interface TestWorld extends UpdateDeps {
  readonly clock: VirtualClock;
  readonly ecus: FakeEcus;
  readonly vehicle: SimulatedVehicle;
  readonly store: DurableStore;
  readonly level: MemoryLevel;
  readonly outbox: Outbox;
  readonly told: Progress[];
  /** Switches the power off: nothing is written any more, everything under way is aborted. */
  powerOff(): void;
  readonly signal: AbortSignal;
}

export interface TestWorldOptions {
  readonly ecuIds?: readonly string[];
  readonly fetch?: FetchFunction;
  /** From an earlier world whose power went. */
  readonly after?: Pick<TestWorld, "clock" | "level" | "ecus" | "staging">;
  readonly downloadBytesPerSecond?: number;
}

/** Everything that a step needs, in virtual time, with fake ECUs and no cloud unless a `fetch` is given. */
export async function testWorld(options: TestWorldOptions = {}): Promise<TestWorld> {
  const { ecuIds = ["E1"], fetch = nothing, after, downloadBytesPerSecond = 0 } = options;
  const clock = after?.clock ?? new VirtualClock();
  const level = after?.level ?? new MemoryLevel();
  const now = (): number => T0 + Math.floor(clock.now());
  const folder = await mkdtemp(join(tmpdir(), "halfshaft-agent-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const store = new DurableStore(level, clock);
  const outbox = await Outbox.open(store, { now, monotonicMs: () => clock.now(), clockTrusted: () => true });
  const journal = await Journal.open(store, now, (fact, earlier) => outbox.stage(eventsOf(fact, earlier)));
  if (journal.facts.length === 0) await journal.begin(JOB, statement("offer done", { offer: testOffer() }));
  const nudge = new Nudge(clock);
  const http = new Http({ fetch, token: "token", clock });
  const cloud = new CloudApi(http, CLOUD, () => {});
  const told: Progress[] = [];
  const repository = (name: "Director" | "Image"): Repository =>
    new Repository({
      name,
      metadataUrl: `${CLOUD}/repo/${name.toLowerCase()}/metadata`,
      folder: join(folder, name),
      pinnedRoot: new Uint8Array(),
      http,
      clock,
      now,
    });
  const power = new AbortController();
  return {
    vehicleId: "vehicle-1",
    journal,
    clock,
    now,
    http,
    cloud,
    director: repository("Director"),
    image: repository("Image"),
    imageTargetsUrl: `${CLOUD}/repo/image/targets`,
    staging: after?.staging ?? (await Staging.open(join(folder, "staging"), clock)),
    deltas: inlineDeltaEngine(),
    ecus: after?.ecus ?? new FakeEcus(clock, ecuIds),
    vehicle: new SimulatedVehicle({ gear: "P" }),
    sender: new Sender({ outbox, cloud, nudge, onRefused: () => {} }),
    sendManifest: async () => {},
    nudge,
    progress: (progress) => told.push(progress),
    log: pino({ level: "silent" }),
    limits: { downloadBytesPerSecond, readinessTimeoutMs: 3_600_000, settleTimeoutMs: 300_000 },
    deltaPreference: "auto",
    store,
    level,
    outbox,
    told,
    signal: power.signal,
    powerOff() {
      store.close();
      power.abort(new DOMException("the power is off", "AbortError"));
    },
  };
}
