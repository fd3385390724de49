import { Snapshot, TargetFile, Targets, Timestamp } from "@tufjs/models";
import type { DirectorTargetCustom } from "@halfshaft/ota-format/trust";
import type { Database } from "../db/database.ts";
import { isStale, LIFETIME_MS } from "./expiry.ts";
import type { Signers } from "./keys.ts";
import { latestRole, metaFile, signRole, type RepositoryScope } from "./metadata-store.ts";
import { signFirstRoot } from "./root.ts";

/** The root of all vehicles' Director repositories. */
export const DIRECTOR_ROOT_REPOSITORY = "director";

const LIFETIME = LIFETIME_MS.director;
/** Versions of a vehicle's metadata that are kept, so that a vehicle half way through reading can finish. */
const KEPT_VERSIONS = 3;

export interface DirectorTarget {
  readonly path: string;
  readonly length: number;
  readonly sha256: string;
  readonly sha512: string;
  readonly custom: DirectorTargetCustom;
}

/** What the Director is to say about one vehicle; `revision` rises with every change of it. */
export interface DesiredSoftware {
  readonly vehicleId: string;
  readonly revision: number;
  readonly targets: readonly DirectorTarget[];
}

export const directorScope = (
  tx: Database,
  organisationId: string,
  vehicleId: string,
  at: number,
): RepositoryScope => ({ tx, organisationId, repository: `${DIRECTOR_ROOT_REPOSITORY}/${vehicleId}`, at });

export async function createDirectorRoot(
  tx: Database,
  organisationId: string,
  at: number,
  signers: Signers,
): Promise<void> {
  const scope = { tx, organisationId, repository: DIRECTOR_ROOT_REPOSITORY, at };
  await signFirstRoot(
    scope,
    {
      root: signers["director-root"],
      targets: signers["director-targets"],
      snapshot: signers["director-snapshot"],
      timestamp: signers["director-timestamp"],
    },
    LIFETIME.root,
  );
}

/** Whether what is signed is missing, for another revision, or past half of its life. */
export async function directorIsStale(scope: RepositoryScope, revision: number): Promise<boolean> {
  for (const role of ["targets", "snapshot", "timestamp"] as const) {
    const latest = await latestRole(scope, role);
    if (!latest || isStale(latest.expiresAt, LIFETIME[role], scope.at)) return true;
    if (latest.revision !== revision) return true;
  }
  return false;
}

/**
 * Signs targets, snapshot and timestamp anew for one vehicle. Uptane Standard 2.1.0, 5.3.2.1; the vehicle id is in
 * the file, so that one vehicle's targets, empty or not, say whose they are.
 */
export async function signDirector(
  scope: RepositoryScope,
  signers: Signers,
  desired: DesiredSoftware,
): Promise<void> {
  const { revision } = desired;
  const targets = await signRole(scope, {
    role: "targets",
    lifetimeMs: LIFETIME.targets,
    signer: signers["director-targets"],
    revision,
    build: (common) =>
      new Targets({
        ...common,
        targets: Object.fromEntries(desired.targets.map((target) => [target.path, targetFile(target)])),
        unrecognizedFields: { custom: { vehicleId: desired.vehicleId } },
      }),
  });
  const snapshot = await signRole(scope, {
    role: "snapshot",
    lifetimeMs: LIFETIME.snapshot,
    signer: signers["director-snapshot"],
    revision,
    build: (common) => new Snapshot({ ...common, meta: { "targets.json": metaFile(targets) } }),
  });
  const timestamp = await signRole(scope, {
    role: "timestamp",
    lifetimeMs: LIFETIME.timestamp,
    signer: signers["director-timestamp"],
    revision,
    build: (common) => new Timestamp({ ...common, snapshotMeta: metaFile(snapshot) }),
  });
  await scope.tx
    .deleteFrom("tufMetadata")
    .where("organisationId", "=", scope.organisationId)
    .where("repository", "=", scope.repository)
    .where("version", "<=", timestamp.version - KEPT_VERSIONS)
    .execute();
}

const targetFile = (target: DirectorTarget): TargetFile =>
  new TargetFile({
    path: target.path,
    length: target.length,
    hashes: { sha256: target.sha256, sha512: target.sha512 },
    unrecognizedFields: { custom: { ...target.custom } },
  });
