import { createHash } from "node:crypto";
import type { Server } from "node:net";
import { hostname } from "node:os";
import { resolve } from "node:path";
import { Server as TlsServer } from "node:tls";
import pino, { type Logger } from "pino";
import { workerDeltaEngine } from "@halfshaft/ota-format/delta";
import { forgetSessions } from "./access/credential-store.ts";
import { forgetDeviceChanges } from "./access/device-news.ts";
import { findActor } from "./access/store.ts";
import { buildApp } from "./app.ts";
import { assembleCloud } from "./assemble.ts";
import { runSealing, sealLog } from "./audit/seal.ts";
import { logFailure } from "./background.ts";
import { runReconciler } from "./campaigns/reconciler.ts";
import { checkBackupTo, runBackups } from "./backup/schedule.ts";
import { checkConfig } from "./check-config.ts";
import type { Cloud } from "./cloud.ts";
import type { CloudConfig } from "./config.ts";
import { CLOSE_GRACE_MS, closeWithin, Connections } from "./connections.ts";
import { openFolderAlone } from "./data-folder.ts";
import { DEFAULT_ORGANISATION } from "./db/open.ts";
import { refreshStatistics } from "./db/statistics.ts";
import { listen, serverFactory, type Urls } from "./listen.ts";
import { runLive } from "./live/run.ts";
import { createBroker } from "./mqtt/broker.ts";
import { connectOutsideBroker, readBrokerPassword, type OutsideBroker } from "./mqtt/outside-broker.ts";
import { collectProcessMetrics } from "./plugins/metrics.ts";
import { deltaCreator } from "./releases/deltas/delta-creator.ts";
import { sweepUploads } from "./releases/uploads/upload-store.ts";
import { post } from "./webhooks/deliver.ts";
import { createDispatcher } from "./webhooks/dispatcher.ts";
import { runWebhooks } from "./webhooks/run.ts";
import { createBrokerIntake, createMqttIntake } from "./telemetry/from-mqtt.ts";
import { openTelemetrySink } from "./tracing/open-telemetry.ts";
import { createTracing } from "./tracing/tracing.ts";
import type { Presence } from "./mqtt/topics.ts";
import { readTls, type ServerTls } from "./tls.ts";
import { storePresence } from "./vehicles/presence/presence.ts";
import { sweepPresence } from "./vehicles/presence/presence-sweep.ts";

export interface RunningCloud extends Urls {
  /** Reads certificate and key anew; connections that are open go on. @throws {Refusal} and serves the old ones on */
  reloadTls(): Promise<void>;
  /** Finishes what was begun, writes what is still in memory, and lets go of everything. */
  close(): Promise<void>;
}

const FLUSH_MS = 5000;
/** How often it is looked for deltas that are to be tried again. */
const DELTA_RETRY_MS = 60_000;
/** Of the thread that makes deltas: whoever waits for an answer comes first. */
const NICENESS = 10;
/** How often it is looked for vehicles that fell silent. */
const PRESENCE_SWEEP_MS = 30_000;
/** How often the database looks whether tables have changed. */
const STATISTICS_MS = 15_000;
const HOUSEKEEPING_MS = 60 * 60 * 1000;
/** How long an Idempotency-Key is remembered. */
const IDEMPOTENCY_MS = 7 * 24 * HOUSEKEEPING_MS;

/**
 * Starts a cloud on its data folder.
 * @throws {Refusal} CLOUD_CONFIG_INVALID, CLOUD_NOT_INITIALISED, DATA_IN_USE, DATA_UNUSABLE, BACKUP_INSIDE_DATA,
 * BACKUP_FOLDER_UNUSABLE, MQTT_BROKER_REFUSED, PORT_TAKEN, ADDRESS_UNUSABLE, TLS_REQUIRED or TLS_UNUSABLE
 */
export async function startCloud(config: CloudConfig, now: () => number = Date.now): Promise<RunningCloud> {
  checkConfig(config);
  const tls = await readTls(config);
  await checkBackupTo(config);
  await using opened = new AsyncDisposableStack();
  const running = await openCloud({ config, now, tls, opened });
  const stack = opened.move();
  return { ...running, close: () => stack.disposeAsync() };
}

interface Opening {
  readonly config: CloudConfig;
  readonly now: () => number;
  readonly tls: ServerTls | undefined;
  /** What is opened says here how it is closed; the last is closed first. */
  readonly opened: AsyncDisposableStack;
}

async function openCloud({ config, now, tls, opened }: Opening): Promise<Omit<RunningCloud, "close">> {
  const log = createLog(config);
  const failed = (work: string): ReturnType<typeof logFailure> => logFailure(log, work);
  const { db, signers, artifacts, release } = await openFolderAlone(config, now);
  opened.defer(async () => {
    await db.destroy();
    release();
  });
  // Stopped after all that appends.
  const seal = () => sealLog({ db, signers }, config.data, DEFAULT_ORGANISATION, now());
  opened.defer(runSealing(seal, failed("audit seal")));
  const sink = await openTelemetrySink(process.env);
  const cloud = assembleCloud({
    config,
    now,
    db,
    artifacts,
    signers,
    deltaCreator: () => deltaCreator(workerDeltaEngine({ niceness: NICENESS })),
    wakeUp: (vehicleId) => broker.wakeUp(vehicleId),
    ...(sink ? { tracing: createTracing(sink) } : {}),
    onError: (error, work, about) => failed(work)(error, about),
  });
  collectProcessMetrics(cloud.metrics);
  const presence = new Set<Promise<void>>();
  const onPresence = (vehicleId: string, state: Presence): void => {
    const stored = storePresence(db, DEFAULT_ORGANISATION, vehicleId, state, now()).catch(failed("presence"));
    presence.add(stored);
    void stored.finally(() => presence.delete(stored));
  };
  opened.defer(async () => {
    await cloud.deltas.close();
    await Promise.all(presence);
    await cloud.lastSeen.flush();
    await cloud.tracing.close();
  });
  const broker = await openBroker(cloud, { tls, onPresence, onError: failed("MQTT") });
  opened.defer(() => broker.close());
  const connections = new Connections();
  const tlsServers: TlsServer[] = broker.server instanceof TlsServer ? [broker.server] : [];
  const app = await buildApp(cloud, {
    serverFactory: serverFactory(tls, (server) => {
      connections.watch(server);
      if (server instanceof TlsServer) tlsServers.push(server);
    }),
    logger: { level: config.logLevel, stream: LOG_STREAM, redact: REDACTED },
  });
  opened.defer(() => closeWithin(CLOSE_GRACE_MS, connections, () => app.close()));
  await runBackground(cloud, opened, failed);
  const urls = await listen(app, broker, config);
  cloud.deltas.wake();
  const reloadTls = async (): Promise<void> => {
    const fresh = await readTls(config);
    for (const server of tlsServers) server.setSecureContext(fresh ?? {});
  };
  return { ...urls, reloadTls };
}

interface BrokerUse {
  readonly tls: ServerTls | undefined;
  readonly onPresence: (vehicleId: string, state: Presence) => void;
  readonly onError: ReturnType<typeof logFailure>;
}

/** The broker that the configuration names, or one of this process. @throws {Refusal} MQTT_BROKER_REFUSED */
async function openBroker(
  cloud: Cloud,
  { tls, onPresence, onError }: BrokerUse,
): Promise<OutsideBroker & { readonly server?: Server }> {
  const { config, db, now } = cloud;
  if (config.mqttBroker) {
    const password = await readBrokerPassword(config.mqttPasswordFile);
    const onEvents = createBrokerIntake(() => cloud);
    return connectOutsideBroker(config.mqttBroker, password, instanceOf(config), {
      onPresence,
      onEvents,
      onError,
    });
  }
  return createBroker({
    tls,
    async vehicleOfToken(token) {
      const actor = await findActor(db, token, now());
      return actor?.kind === "vehicle" ? actor.vehicleId : undefined;
    },
    onPresence,
    onEvents: createMqttIntake(() => cloud),
    onClients: (count) => cloud.metrics.mqttClients.set(count),
    onError,
  });
}

/** What is done again and again, where nobody asks. */
async function runBackground(
  cloud: Cloud,
  opened: AsyncDisposableStack,
  failed: (work: string) => ReturnType<typeof logFailure>,
): Promise<void> {
  const { config, db, now } = cloud;
  const every = (ms: number, work: () => void): void => {
    const timer = setInterval(work, ms);
    opened.defer(() => clearInterval(timer));
  };
  const keepHouse = async (): Promise<void> => {
    await forgetSessions(db, now());
    await forgetDeviceChanges(db);
    await sweepUploads(db, now());
    await db
      .deleteFrom("idempotencyKeys")
      .where("createdAt", "<", now() - IDEMPOTENCY_MS)
      .execute();
  };
  every(FLUSH_MS, () => void cloud.lastSeen.flushIfDue().catch(failed("last seen")));
  every(HOUSEKEEPING_MS, () => void keepHouse().catch(failed("housekeeping")));
  every(DELTA_RETRY_MS, () => cloud.deltas.wake());
  every(PRESENCE_SWEEP_MS, () => void sweepPresence(db, now(), config.heartbeatMs).catch(failed("presence")));
  every(STATISTICS_MS, () => void refreshStatistics(db).catch(failed("statistics")));
  opened.defer(runReconciler(cloud.campaigns, failed("campaigns")));
  opened.defer(runWebhooks(createDispatcher({ db, now, send: post, onError: failed("webhooks") })));
  opened.defer(runLive(cloud.live));
  opened.defer(await runBackups(config, cloud.metrics, failed("backup")));
}

/** Stays over a restart; two instances differ in machine, folder or port. */
const instanceOf = ({ data, port }: CloudConfig): string =>
  createHash("sha256")
    .update([hostname(), resolve(data), port || process.pid].join("\n"))
    .digest("hex")
    .slice(0, 16);

const LOG_STREAM = pino.destination(2);
const REDACTED = ["req.headers.authorization", "token", "password"];

const createLog = (config: CloudConfig): Logger =>
  pino({ level: config.logLevel, redact: REDACTED }, LOG_STREAM);
