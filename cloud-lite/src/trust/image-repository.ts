import { Snapshot, TargetFile, Targets, Timestamp } from "@tufjs/models";
import { Delegations } from "@tufjs/models/dist/delegations.js";
import { DelegatedRole } from "@tufjs/models/dist/role.js";
import { TRANSPORT_PATHS, TRANSPORT_ROLE } from "@halfshaft/ota-format/trust";
import type { Database } from "../db/database.ts";
import { isStale, LIFETIME_MS } from "./expiry.ts";
import type { Signers } from "./keys.ts";
import {
  holdRepository,
  latestRole,
  metaFile,
  signRole,
  tufKey,
  type RepositoryScope,
} from "./metadata-store.ts";
import { signFirstRoot } from "./root.ts";

export const IMAGE_REPOSITORY = "image";

/** `transport` is the online delegation for deltas; it can never sign an image. */
type TargetsRole = "targets" | typeof TRANSPORT_ROLE;

/** A file of the Image repository. Both digests are signed; `custom` is as `@halfshaft/ota-format/trust` says. */
export interface ImageRepositoryTarget {
  readonly path: string;
  readonly role: TargetsRole;
  readonly length: number;
  readonly sha256: string;
  readonly sha512: string;
  readonly custom: object;
}

const LIFETIME = LIFETIME_MS.image;

export const imageScope = (tx: Database, organisationId: string, at: number): RepositoryScope => ({
  tx,
  organisationId,
  repository: IMAGE_REPOSITORY,
  at,
});

/** The first ceremony: root, and empty targets with the delegation. */
export async function createImageRepository(scope: RepositoryScope, signers: Signers): Promise<void> {
  await signFirstRoot(
    scope,
    {
      root: signers["image-root"],
      targets: signers["image-targets"],
      snapshot: signers["image-snapshot"],
      timestamp: signers["image-timestamp"],
    },
    LIFETIME.root,
  );
  await signImageRepository(scope, signers, ["targets", TRANSPORT_ROLE]);
}

/** Adds files, without signing: several may be added before one signature. */
export async function addImageTargets(
  scope: RepositoryScope,
  targets: readonly ImageRepositoryTarget[],
): Promise<void> {
  for (const target of targets) {
    await scope.tx
      .insertInto("tufTargets")
      .values({
        organisationId: scope.organisationId,
        repository: scope.repository,
        ...target,
        custom: JSON.stringify(target.custom),
        createdAt: scope.at,
      })
      .execute();
  }
}

/** Signs the roles whose files changed, then snapshot and timestamp over them. */
export async function signImageRepository(
  scope: RepositoryScope,
  signers: Signers,
  roles: readonly TargetsRole[],
): Promise<void> {
  await holdRepository(scope);
  for (const role of roles) {
    const targets = await readTargets(scope, role);
    await signRole(scope, {
      role,
      lifetimeMs: LIFETIME[role],
      signer: signers[role === "targets" ? "image-targets" : "image-transport"],
      build: (common) =>
        new Targets({
          ...common,
          targets,
          delegations: role === "targets" ? transportDelegation(signers) : undefined,
        }),
    });
  }
  await signSnapshot(scope, signers);
  await signTimestamp(scope, signers);
}

/** Signs anew what is past half of its life. A no-op most of the time. */
export async function refreshImageRepository(scope: RepositoryScope, signers: Signers): Promise<void> {
  await holdRepository(scope);
  const stale: TargetsRole[] = [];
  for (const role of ["targets", TRANSPORT_ROLE] as const) {
    if (await roleIsStale(scope, role)) stale.push(role);
  }
  if (stale.length > 0 || (await roleIsStale(scope, "snapshot"))) {
    await signImageRepository(scope, signers, stale);
  } else if (await roleIsStale(scope, "timestamp")) {
    await signTimestamp(scope, signers);
  }
}

export async function imageRepositoryIsStale(scope: RepositoryScope): Promise<boolean> {
  for (const role of ["targets", TRANSPORT_ROLE, "snapshot", "timestamp"] as const) {
    if (await roleIsStale(scope, role)) return true;
  }
  return false;
}

async function roleIsStale(
  scope: RepositoryScope,
  role: TargetsRole | "snapshot" | "timestamp",
): Promise<boolean> {
  const latest = await latestRole(scope, role);
  return latest === undefined || isStale(latest.expiresAt, LIFETIME[role], scope.at);
}

async function signSnapshot(scope: RepositoryScope, signers: Signers): Promise<void> {
  const targets = (await latestRole(scope, "targets"))!;
  const transport = (await latestRole(scope, TRANSPORT_ROLE))!;
  await signRole(scope, {
    role: "snapshot",
    lifetimeMs: LIFETIME.snapshot,
    signer: signers["image-snapshot"],
    build: (common) =>
      new Snapshot({
        ...common,
        meta: { "targets.json": metaFile(targets), [`${TRANSPORT_ROLE}.json`]: metaFile(transport) },
      }),
  });
}

async function signTimestamp(scope: RepositoryScope, signers: Signers): Promise<void> {
  const snapshot = (await latestRole(scope, "snapshot"))!;
  await signRole(scope, {
    role: "timestamp",
    lifetimeMs: LIFETIME.timestamp,
    signer: signers["image-timestamp"],
    build: (common) => new Timestamp({ ...common, snapshotMeta: metaFile(snapshot) }),
  });
}

async function readTargets(scope: RepositoryScope, role: TargetsRole): Promise<Record<string, TargetFile>> {
  const rows = await scope.tx
    .selectFrom("tufTargets")
    .selectAll()
    .where("organisationId", "=", scope.organisationId)
    .where("repository", "=", scope.repository)
    .where("role", "=", role)
    .orderBy("path")
    .execute();
  return Object.fromEntries(
    rows.map((row) => [
      row.path,
      new TargetFile({
        path: row.path,
        length: row.length,
        hashes: { sha256: row.sha256, sha512: row.sha512 },
        unrecognizedFields: { custom: JSON.parse(row.custom) },
      }),
    ]),
  );
}

function transportDelegation(signers: Signers): Delegations {
  const key = tufKey(signers["image-transport"]);
  return new Delegations({
    keys: { [key.keyID]: key },
    roles: {
      [TRANSPORT_ROLE]: new DelegatedRole({
        name: TRANSPORT_ROLE,
        keyIDs: [key.keyID],
        threshold: 1,
        terminating: true,
        paths: [TRANSPORT_PATHS],
      }),
    },
  });
}
