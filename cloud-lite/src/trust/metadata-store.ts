import { createHash } from "node:crypto";
import {
  Key,
  Metadata,
  MetaFile,
  Signature,
  type Root,
  type Snapshot,
  type Targets,
  type Timestamp,
} from "@tufjs/models";
import { lock } from "../db/engine.ts";
import type { Database } from "../db/database.ts";
import { expiresText } from "./expiry.ts";
import type { Signer } from "./signer.ts";

export const SPEC_VERSION = "1.0.33";

/** A role's metadata file as it is served. */
export interface SignedRole {
  readonly role: string;
  readonly version: number;
  readonly expiresAt: number;
  readonly revision: number;
  readonly body: string;
}

/** What every role starts from. */
export interface Common {
  readonly version: number;
  readonly specVersion: string;
  readonly expires: string;
}

/** One repository of one organisation, within a transaction. */
export interface RepositoryScope {
  readonly tx: Database;
  readonly organisationId: string;
  readonly repository: string;
  readonly at: number;
}

export async function latestRole(scope: RepositoryScope, role: string): Promise<SignedRole | undefined> {
  return scope.tx
    .selectFrom("tufMetadata")
    .select(["role", "version", "expiresAt", "revision", "body"])
    .where("organisationId", "=", scope.organisationId)
    .where("repository", "=", scope.repository)
    .where("role", "=", role)
    .orderBy("version", "desc")
    .limit(1)
    .executeTakeFirst();
}

/** Keeps other transactions from signing in this repository until this one ends; before anything of it is read. */
export const holdRepository = ({ tx, organisationId, repository }: RepositoryScope): Promise<void> =>
  lock(tx, organisationId, "repository", repository);

/**
 * Signs the next version of a role and stores it. Version numbers only rise, because the last one is read in
 * the same transaction, which holds the repository.
 */
export async function signRole(
  scope: RepositoryScope,
  given: {
    role: string;
    lifetimeMs: number;
    signer: Signer;
    revision?: number;
    build: (common: Common) => Root | Snapshot | Targets | Timestamp;
  },
): Promise<SignedRole> {
  const last = await latestRole(scope, given.role);
  const version = (last?.version ?? 0) + 1;
  const expiresAt = scope.at + given.lifetimeMs;
  const metadata = new Metadata(
    given.build({ version, specVersion: SPEC_VERSION, expires: expiresText(expiresAt) }),
  );
  await signMetadata(metadata, given.signer);
  const signed: SignedRole = {
    role: given.role,
    version,
    expiresAt,
    revision: given.revision ?? 0,
    body: JSON.stringify(metadata.toJSON()),
  };
  await scope.tx
    .insertInto("tufMetadata")
    .values({ organisationId: scope.organisationId, repository: scope.repository, ...signed })
    .execute();
  return signed;
}

/** The library signs synchronously; a signer may be remote. So the bytes are taken out and the signature put in. */
async function signMetadata(
  metadata: Metadata<Root | Snapshot | Targets | Timestamp>,
  signer: Signer,
): Promise<void> {
  let canonical: Uint8Array = new Uint8Array();
  metadata.sign((bytes) => {
    canonical = bytes;
    return new Signature({ keyID: signer.keyId, sig: "" });
  });
  const sig = Buffer.from(await signer.sign(canonical)).toString("hex");
  metadata.signatures[signer.keyId] = new Signature({ keyID: signer.keyId, sig });
}

/** Version, length and digest of a file, for snapshot and timestamp: a mixed set of files cannot pass. */
export function metaFile(signed: SignedRole): MetaFile {
  const bytes = Buffer.from(signed.body);
  return new MetaFile({
    version: signed.version,
    length: bytes.length,
    hashes: { sha256: createHash("sha256").update(bytes).digest("hex") },
  });
}

export const tufKey = (signer: Signer): Key =>
  new Key({
    keyID: signer.keyId,
    keyType: "ed25519",
    scheme: "ed25519",
    keyVal: { public: Buffer.from(signer.publicKey).toString("hex") },
  });
