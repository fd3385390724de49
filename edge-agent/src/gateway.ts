import { join } from "node:path";
import type { DeltaEngine } from "@halfshaft/ota-format/delta";
import type { CanBus } from "@halfshaft/vehicle-net/can";
import type { Clock } from "@halfshaft/vehicle-net/clock";
import { profileNamed } from "@halfshaft/vehicle-net/ecu";
import type { ClientEvent } from "@halfshaft/vehicle-net/uds";
import type { Logger } from "pino";
import { CloudApi } from "./cloud-api.ts";
import type { AgentConfig } from "./config.ts";
import { VehicleBus } from "./ecus/ecu-access.ts";
import { readExchanged } from "./ecus/exchanged.ts";
import { GatewayRun } from "./gateway/gateway-run.ts";
import { Settings } from "./gateway/settings.ts";
import type { GatewayControls } from "./gateway-state.ts";
import { type FetchFunction, Http } from "./http/http.ts";
import { DurableStore, type LevelDatabase } from "./journal/durable-store.ts";
import type { Fact } from "./journal/fact.ts";
import { Journal } from "./journal/journal.ts";
import { Nudge } from "./nudge.ts";
import { Staging } from "./staging.ts";
import { eventsOf } from "./telemetry/fact-events.ts";
import { Outbox } from "./telemetry/outbox.ts";
import { Sender } from "./telemetry/sender.ts";
import { Repository } from "./trust/repository.ts";
import type { VehicleStateSource } from "./vehicle-state.ts";

/** Root metadata of both repositories, as the vehicle was provisioned with them. */
export interface PinnedRoots {
  readonly director: Uint8Array;
  readonly image: Uint8Array;
}

/** Everything that a gateway touches; with other parts the same gateway runs in virtual time. */
export interface GatewayDeps {
  readonly config: AgentConfig;
  readonly dataFolder: string;
  /** The journal's database, open; it stays its opener's. */
  readonly level: LevelDatabase;
  readonly roots: PinnedRoots;
  /** Device token. */
  readonly token: string;
  readonly fetch: FetchFunction;
  readonly openBus: () => Promise<CanBus>;
  readonly clock: Clock;
  /** Wall time, UTC ms. */
  readonly now: () => number;
  readonly deltas: Pick<DeltaEngine, "apply" | "applyImagePatch">;
  readonly vehicle: VehicleStateSource;
  readonly log: Logger;
  /** Called after each fact, once it is on disk. */
  readonly onFact?: (fact: Fact) => void;
  /** Every request to and answer from an ECU, for traces. */
  readonly onUds?: (ecuId: string, event: ClientEvent) => void;
}

export interface Gateway {
  readonly controls: GatewayControls;
  /** Goes on with an interrupted job, then asks the cloud from time to time, until `stop`. */
  start(): void;
  /** As a power cut: from this call on nothing is written any more. Resolves when everything is at rest. */
  stop(): Promise<void>;
}

/** Year in which this was written: a wall clock before it has never been set. */
const EARLIEST_TIME = Date.UTC(2026, 0, 1);

/** Builds a gateway out of its parts. Nothing happens before `start`. @throws {StoreError}, {ProfileError} */
export async function createGateway(deps: GatewayDeps): Promise<Gateway> {
  const { config, dataFolder, clock, now, log } = deps;
  const store = new DurableStore(deps.level, clock);
  const clockTrusted = (): boolean => now() > EARLIEST_TIME;
  const outbox = await Outbox.open(store, { now, monotonicMs: () => clock.now(), clockTrusted });
  const journal = await Journal.open(store, now, (fact, earlier) => outbox.stage(eventsOf(fact, earlier)));
  const nudge = new Nudge(clock);
  const http = new Http({ fetch: deps.fetch, token: deps.token, clock });
  const bus = new VehicleBus({
    url: config.bus,
    bitrate: config.busBitrate,
    open: deps.openBus,
    clock,
    now,
    onUds: deps.onUds,
    ecus: config.ecus.map(({ ecuId, profile: profileName, name }) => {
      const profile = profileNamed(profileName);
      const takesDeltas = profile.transfer.dataFormats["detools"] !== undefined;
      return { ecuId, name: name ?? profile.title, hardwareId: profile.hardwareId, takesDeltas, profile };
    }),
  });
  bus.recognise(await readExchanged(store));
  const contact: { heard: (answered: boolean) => void } = { heard: () => {} };
  const cloud = new CloudApi(http, config.cloudUrl, (answered) => contact.heard(answered));
  const repository = (name: "Director" | "Image", path: string): Repository =>
    new Repository({
      name,
      metadataUrl: `${config.cloudUrl}/repo/${path}/metadata`,
      folder: join(dataFolder, "metadata", name.toLowerCase()),
      pinnedRoot: name === "Director" ? deps.roots.director : deps.roots.image,
      http,
      clock,
      now,
    });
  const sender = new Sender({
    outbox,
    cloud,
    nudge,
    onRefused: (event, error) => log.error({ err: error, event }, "the cloud refuses an event for good"),
  });
  const run = new GatewayRun({
    ...deps,
    store,
    outbox,
    journal,
    nudge,
    http,
    bus,
    cloud,
    sender,
    settings: await Settings.open({ store, cloud, now }),
    clockTrusted,
    director: repository("Director", `director/${encodeURIComponent(config.vehicleId)}`),
    image: repository("Image", "image"),
    staging: await Staging.open(join(dataFolder, "staging"), clock),
  });
  contact.heard = (answered) => run.heardFromCloud(answered);
  return { controls: run, start: () => run.start(), stop: () => run.stop() };
}
