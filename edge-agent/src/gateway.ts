import { join } from "node:path";
import { profileNamed } from "@halfshaft/vehicle-net/ecu";
import { CloudApi } from "./cloud-api.ts";
import { VehicleBus } from "./ecus/ecu-access.ts";
import { readExchanged } from "./ecus/exchanged.ts";
import type { GatewayDeps } from "./gateway/gateway-deps.ts";
import { GatewayRun } from "./gateway/gateway-run.ts";
import { Settings } from "./gateway/settings.ts";
import type { GatewayControls } from "./gateway-state.ts";
import { Http } from "./http/http.ts";
import { DurableStore } from "./journal/durable-store.ts";
import { Journal } from "./journal/journal.ts";
import { Nudge } from "./nudge.ts";
import { Staging } from "./staging.ts";
import { eventsOf } from "./telemetry/fact-events.ts";
import { Outbox } from "./telemetry/outbox.ts";
import { Sender } from "./telemetry/sender.ts";
import { Repository } from "./trust/repository.ts";

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
