import { buildApp } from "./app.ts";
import { memoryArtifacts } from "./artifacts/memory-store.ts";
import type { ArtifactStore } from "./artifacts/store.ts";
import { assembleCloud, initialise } from "./assemble.ts";
import type { About } from "./background.ts";
import type { App, Cloud } from "./cloud.ts";
import { DEFAULTS, type CloudConfig } from "./config.ts";
import { DEFAULT_ORGANISATION, openDatabase } from "./db/open.ts";
import type { DeltaCreator } from "./releases/deltas/delta-creator.ts";
import type { Tracing } from "./tracing/tracing.ts";
import { DIRECTOR_ROOT_REPOSITORY } from "./trust/director-repository.ts";
import { IMAGE_REPOSITORY } from "./trust/image-repository.ts";
import { ephemeralSigners } from "./trust/keys.ts";
import { latestRole } from "./trust/metadata-store.ts";

/** A whole cloud without a file, a port or a clock of its own. */
export interface InProcessCloud {
  readonly cloud: Cloud;
  /** Send it requests with `inject`. */
  readonly app: App;
  readonly operatorKey: string;
  /** What a vehicle pins: root metadata files. */
  readonly imageRoot: string;
  readonly directorRoot: string;
  /** What an ECU pins: Ed25519, 32 bytes. */
  readonly descriptorKey: Uint8Array;
  close(): Promise<void>;
}

export interface InProcessOptions {
  /** Wall time, UTC ms. */
  readonly now: () => number;
  readonly deltaCreator: DeltaCreator;
  readonly config?: Partial<CloudConfig>;
  /** As `openDatabase` takes it; in memory unless given. */
  readonly database?: string;
  readonly artifacts?: ArtifactStore;
  readonly wakeUp?: (vehicleId: string) => void;
  readonly onError?: (error: unknown, work: string, about?: About) => void;
  readonly tracing?: Tracing;
  readonly extend?: (app: App) => void;
}

/** Tests make many clouds at once on one PostgreSQL. */
const CONNECTIONS = 4;

/** Makes and initialises a cloud in memory: for tests, and for rigs in virtual time. */
export async function createInProcessCloud(options: InProcessOptions): Promise<InProcessCloud> {
  const { now } = options;
  const db = await openDatabase(options.database ?? ":memory:", now, { connections: CONNECTIONS });
  const signers = ephemeralSigners();
  const cloud = assembleCloud({
    config: { ...DEFAULTS, ...options.config },
    now,
    db,
    artifacts: options.artifacts ?? memoryArtifacts(),
    signers,
    deltaCreator: () => options.deltaCreator,
    wakeUp: options.wakeUp ?? (() => undefined),
    onError: options.onError ?? (() => undefined),
    tracing: options.tracing,
  });
  const { operatorKey } = await initialise(db, signers, now());
  const rootOf = async (repository: string): Promise<string> =>
    (await latestRole({ tx: db, organisationId: DEFAULT_ORGANISATION, repository, at: 0 }, "root"))!.body;
  const app = await buildApp(cloud, { extend: options.extend });
  return {
    cloud,
    app,
    operatorKey,
    imageRoot: await rootOf(IMAGE_REPOSITORY),
    directorRoot: await rootOf(DIRECTOR_ROOT_REPOSITORY),
    descriptorKey: signers.descriptor.publicKey,
    async close() {
      await app.close();
      await cloud.campaigns.close();
      await cloud.deltas.close();
      await db.destroy();
    },
  };
}
