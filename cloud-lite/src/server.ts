import { type AddressInfo, createServer } from "node:net";
import pino, { type Logger } from "pino";
import { workerDeltaEngine } from "@halfshaft/ota-format/delta";
import { findActor } from "./access/store.ts";
import { buildApp } from "./app.ts";
import { assembleCloud } from "./assemble.ts";
import { runReconciler } from "./campaigns/reconciler.ts";
import type { App } from "./cloud.ts";
import { flagOf, type CloudConfig } from "./config.ts";
import { openFolderAlone } from "./data-folder.ts";
import { DEFAULT_ORGANISATION } from "./db/open.ts";
import { runLive } from "./live/run.ts";
import { createBroker, type Broker } from "./mqtt/broker.ts";
import { collectProcessMetrics } from "./plugins/metrics.ts";
import { Refusal } from "./refusals.ts";
import { deltaCreator } from "./releases/delta-creator.ts";
import { post } from "./webhooks/deliver.ts";
import { createDispatcher } from "./webhooks/dispatcher.ts";
import { runWebhooks } from "./webhooks/run.ts";
import { openTelemetrySink } from "./tracing/open-telemetry.ts";
import { createTracing } from "./tracing/tracing.ts";
import { storePresence } from "./vehicles/presence.ts";

export interface RunningCloud {
  readonly url: string;
  readonly mqttUrl: string;
  /** Finishes what was begun, writes what is still in memory, and lets go of everything. */
  close(): Promise<void>;
}

const FLUSH_MS = 5000;
/** How often it is looked for deltas that are to be tried again. */
const DELTA_RETRY_MS = 60_000;
/** Of the thread that makes deltas: whoever waits for an answer comes first. */
const NICENESS = 10;
const HOUSEKEEPING_MS = 60 * 60 * 1000;
/** How long an Idempotency-Key is remembered. */
const IDEMPOTENCY_MS = 7 * 24 * HOUSEKEEPING_MS;

/**
 * Starts a cloud on its data folder.
 * @throws {Refusal} CLOUD_NOT_INITIALISED, DATA_IN_USE, DATA_UNUSABLE, PORT_TAKEN or ADDRESS_UNUSABLE
 */
export async function startCloud(config: CloudConfig, now: () => number = Date.now): Promise<RunningCloud> {
  const log = createLog(config);
  const onError = (error: unknown): void => log.error({ err: error }, "background work failed");
  const { db, signers, artifacts, release } = await openFolderAlone(config, now);
  const presence = new Set<Promise<void>>();
  const broker = await createBroker({
    async vehicleOfToken(token) {
      const actor = await findActor(db, token, now());
      return actor?.kind === "vehicle" ? actor.vehicleId : undefined;
    },
    onPresence(vehicleId, state) {
      const stored = storePresence(db, DEFAULT_ORGANISATION, vehicleId, state, now()).catch(onError);
      presence.add(stored);
      void stored.finally(() => presence.delete(stored));
    },
    onClients: (count) => cloud.metrics.mqttClients.set(count),
    onError,
  });
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
    onError,
  });
  collectProcessMetrics(cloud.metrics);
  const app = await buildApp(cloud, {
    logger: { level: config.logLevel, stream: LOG_STREAM, redact: REDACTED },
  });

  const stopLive = runLive(cloud.live);
  const stopCampaigns = runReconciler(cloud.campaigns, onError);
  const stopWebhooks = runWebhooks(createDispatcher({ db, now, send: post, onError }));
  const flush = setInterval(() => void cloud.lastSeen.flush().catch(onError), FLUSH_MS);
  const housekeeping = setInterval(() => void forgetKeys().catch(onError), HOUSEKEEPING_MS);
  const deltaRetry = setInterval(() => cloud.deltas.wake(), DELTA_RETRY_MS);
  const forgetKeys = async (): Promise<void> => {
    await db
      .deleteFrom("idempotencyKeys")
      .where("createdAt", "<", now() - IDEMPOTENCY_MS)
      .execute();
  };
  const close = async (): Promise<void> => {
    stopLive();
    await stopWebhooks();
    await stopCampaigns();
    clearInterval(flush);
    clearInterval(housekeeping);
    clearInterval(deltaRetry);
    await app.close();
    await broker.close();
    await cloud.deltas.close();
    await Promise.all(presence);
    await cloud.lastSeen.flush();
    await cloud.tracing.close();
    await db.destroy();
    release();
  };
  try {
    const urls = await listen(app, broker, config);
    cloud.deltas.wake();
    return { ...urls, close };
  } catch (error) {
    await close();
    throw error;
  }
}

const LOG_STREAM = pino.destination(2);
const REDACTED = ["req.headers.authorization", "token", "password"];

const createLog = (config: CloudConfig): Logger =>
  pino({ level: config.logLevel, redact: REDACTED }, LOG_STREAM);

/** Before a folder is made for them. @throws {Refusal} PORT_TAKEN or ADDRESS_UNUSABLE */
export async function checkPorts({ host, port, mqttPort }: CloudConfig): Promise<void> {
  for (const [wanted, option] of [
    [port, flagOf("port")],
    [mqttPort, flagOf("mqttPort")],
  ] as const) {
    const probe = createServer();
    await new Promise<void>((resolve, reject) => {
      probe.once("error", reject);
      probe.listen({ host, port: wanted }, resolve);
    }).catch((error: unknown) => {
      throw unusable(error, host, wanted, `--${option}`);
    });
    await new Promise((closed) => probe.close(closed));
  }
}

async function listen(
  app: App,
  broker: Broker,
  { host, port, mqttPort }: CloudConfig,
): Promise<{ url: string; mqttUrl: string }> {
  await app.listen({ host, port }).catch((error: unknown) => {
    throw unusable(error, host, port, `--${flagOf("port")}`);
  });
  await new Promise<void>((resolve, reject) => {
    broker.server.once("error", reject);
    broker.server.listen({ host, port: mqttPort }, resolve);
  }).catch((error: unknown) => {
    throw unusable(error, host, mqttPort, `--${flagOf("mqttPort")}`);
  });
  const name = host.includes(":") ? `[${host}]` : host;
  return {
    url: `http://${name}:${boundPort(app.server.address())}`,
    mqttUrl: `mqtt://${name}:${boundPort(broker.server.address())}`,
  };
}

const boundPort = (address: AddressInfo | string | null): number =>
  typeof address === "object" && address !== null ? address.port : 0;

function unusable(error: unknown, host: string, port: number, option: string): Refusal {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (code === "EADDRINUSE") return new Refusal("PORT_TAKEN", { host, port, option }, { cause: error });
  const reason = code || String(error);
  return new Refusal("ADDRESS_UNUSABLE", { host, port, option, reason }, { cause: error });
}
