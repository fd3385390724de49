import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from "fastify";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import type { Reconciler } from "./campaigns/reconciler.ts";
import type { FindDevice } from "./access/devices.ts";
import type { IdentityProvider } from "./access/identity-provider.ts";
import type { ArtifactStore } from "./artifacts/store.ts";
import type { CloudConfig } from "./config.ts";
import type { Database } from "./db/open.ts";
import type { LiveFeed } from "./live/feed.ts";
import type { Metrics } from "./plugins/metrics.ts";
import type { DeltaMaker } from "./releases/deltas/delta-maker.ts";
import type { Intake } from "./telemetry/intake.ts";
import type { Tracing } from "./tracing/tracing.ts";
import type { Signers } from "./trust/keys.ts";
import type { LastSeen } from "./vehicles/presence/last-seen.ts";
import type { VehicleNumbers } from "./vehicles/presence/vehicle-numbers.ts";

/** Everything that routes need; nothing of it is global, so that a test composes its own cloud. */
export interface Cloud {
  readonly config: CloudConfig;
  /** Wall time, UTC ms. */
  readonly now: () => number;
  readonly db: Database;
  /** Absent: this cloud's own users and keys only. */
  readonly identityProvider?: IdentityProvider;
  readonly artifacts: ArtifactStore;
  readonly signers: Signers;
  readonly deltas: DeltaMaker;
  readonly vehicleNumbers: VehicleNumbers;
  readonly findDevice: FindDevice;
  readonly lastSeen: LastSeen;
  readonly intake: Intake;
  readonly metrics: Metrics;
  readonly tracing: Tracing;
  /** What was committed, told to whoever listens. */
  readonly live: LiveFeed;
  /** Takes campaigns on from step to step. */
  readonly campaigns: Reconciler;
  /** Tells a vehicle "ask now"; it carries nothing and may get lost. */
  readonly wakeUp: (vehicleId: string) => void;
}

/** Routes below it are for vehicles. */
export const DEVICE_PATH = "/api/v1/device/";

/** A Fastify instance whose handlers are typed by their TypeBox schemas. */
export type App = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;
