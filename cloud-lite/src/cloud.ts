import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from "fastify";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import type { FindDevice } from "./access/devices.ts";
import type { IdentityProvider } from "./access/identity-provider.ts";
import type { ArtifactStore } from "./artifacts/store.ts";
import type { CloudConfig } from "./config.ts";
import type { Database } from "./db/database.ts";
import type { LiveFeed } from "./live/feed.ts";
import type { Metrics } from "./plugins/metrics.ts";
import type { DeltaMaker } from "./releases/deltas/delta-maker.ts";
import type { EventReport, ReportResult } from "./telemetry/reports.ts";
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

/**
 * Takes campaigns on, a bounded step at a time. Each step is a transaction that first takes the campaign's row, so
 * several instances may work on the same campaigns; and each follows from what is stored, so nothing is lost with a
 * process.
 */
export interface Reconciler {
  /** Something has happened to a campaign: look at it soon. */
  wake(organisationId: string, campaignId: string): void;
  /** As `wake`, for what happens to many vehicles of a campaign in the same moment: looks once for all of them. */
  wakeSoon(organisationId: string, campaignId: string): void;
  /** Looks at all campaigns that are not settled: called from time to time, and after a start. */
  tick(): Promise<void>;
  /** Tells vehicles to ask, not all in the same moment. */
  wakeVehicles(vehicleIds: readonly string[]): void;
  /** Resolves when no campaign is being worked on. */
  idle(): Promise<void>;
  close(): Promise<void>;
}

/** Takes in events, by whichever way they came. */
export interface Intake {
  /**
   * @returns when the events are stored for good.
   * @throws {Refusal} TELEMETRY_BUSY, or TELEMETRY_QUOTA once the vehicle's outcomes are stored
   */
  take(report: EventReport): Promise<ReportResult>;
  /** As `take`, but waits for room rather than refuse: where whoever sends hears nothing until then. */
  takeInTurn(report: EventReport): Promise<ReportResult>;
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
