import { createHash, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import {
  Key,
  Metadata,
  MetaFile,
  Root,
  Signature,
  Snapshot,
  TargetFile,
  Targets,
  Timestamp,
} from "@tufjs/models";
import { Delegations } from "@tufjs/models/dist/delegations.js";
import { DelegatedRole, Role } from "@tufjs/models/dist/role.js";
import { T0 } from "../journal/testing.ts";

/** A small TUF repository for tests, signed with keys of its own; every part can be made wrong. */

const ROLES = ["root", "timestamp", "snapshot", "targets", "transport"] as const;
export type TestRole = (typeof ROLES)[number];

export interface TestKey {
  readonly key: Key;
  readonly privateKey: KeyObject;
}

export function testKey(): TestKey {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const raw = publicKey.export({ format: "der", type: "spki" }).subarray(-32).toString("hex");
  const keyID = createHash("sha256").update(raw).digest("hex");
  const keyVal = { public: raw };
  return { key: new Key({ keyID, keyType: "ed25519", scheme: "ed25519", keyVal }), privateKey };
}

/** What a target says besides its digests. */
export interface TestTarget {
  readonly bytes: Uint8Array;
  readonly custom: object;
}

/** One version of everything that a repository says. */
export interface TestState {
  readonly version: number;
  /** When each role expires; default a day after T0. */
  readonly expires?: Partial<Record<TestRole, number>>;
  readonly targets?: Readonly<Record<string, TestTarget>>;
  readonly transport?: Readonly<Record<string, TestTarget>>;
  /** `custom` of the targets file itself. */
  readonly custom?: object;
  /** Signs this role with a key that the root does not name. */
  readonly forge?: TestRole;
  /** Further signatures, by role. */
  readonly alsoSigns?: Partial<Record<TestRole, TestKey>>;
}

const DAY_MS = 86_400_000;

export class TestRepository {
  readonly keys = Object.fromEntries(ROLES.map((role) => [role, testKey()])) as Record<TestRole, TestKey>;
  readonly root: Uint8Array;
  /** Files by name: `1.root.json`, `timestamp.json`, `2.targets.json`. */
  readonly files = new Map<string, Uint8Array>();

  constructor(rootExpires = T0 + 365 * DAY_MS) {
    this.root = this.signRoot(1, rootExpires, this.keys);
  }

  /** Signs a root for `keys` with the keys that this repository began with. */
  signRoot(
    version: number,
    expires: number,
    keys: Readonly<Record<TestRole, TestKey>>,
    roles: Readonly<Record<string, Role>> = {},
  ): Uint8Array {
    const named = ["root", "timestamp", "snapshot", "targets"] as const;
    const root = new Metadata(
      new Root({
        version,
        specVersion: "1.0.33",
        expires: text(expires),
        consistentSnapshot: true,
        keys: Object.fromEntries(Object.values(keys).map(({ key }) => [key.keyID, key])),
        roles: {
          ...Object.fromEntries(
            named.map((role) => [role, new Role({ keyIDs: [keys[role].key.keyID], threshold: 1 })]),
          ),
          ...roles,
        },
      }),
    );
    signWith(root, this.keys.root);
    if (keys.root !== this.keys.root) signWith(root, keys.root);
    return this.#file(`${version}.root.json`, root);
  }

  /** Publishes a version of all other roles. */
  publish(state: TestState): this {
    const { version } = state;
    const common = (role: TestRole) => ({
      version,
      specVersion: "1.0.33",
      expires: text(state.expires?.[role] ?? T0 + DAY_MS),
    });
    const sign = (role: TestRole, signed: Snapshot | Targets | Timestamp): Uint8Array => {
      const metadata = new Metadata(signed);
      signWith(metadata, state.forge === role ? testKey() : this.keys[role]);
      const also = state.alsoSigns?.[role];
      if (also !== undefined) signWith(metadata, also);
      return this.#file(role === "timestamp" ? "timestamp.json" : `${version}.${role}.json`, metadata);
    };
    const transport = sign(
      "transport",
      new Targets({ ...common("transport"), targets: targetFiles(state.transport) }),
    );
    const targets = sign(
      "targets",
      new Targets({
        ...common("targets"),
        targets: targetFiles(state.targets),
        delegations: state.transport === undefined ? undefined : this.#delegation(),
        unrecognizedFields: state.custom === undefined ? {} : { custom: { ...state.custom } },
      }),
    );
    const meta = {
      "targets.json": metaFile(version, targets),
      "transport.json": metaFile(version, transport),
    };
    const snapshot = sign("snapshot", new Snapshot({ ...common("snapshot"), meta }));
    sign("timestamp", new Timestamp({ ...common("timestamp"), snapshotMeta: metaFile(version, snapshot) }));
    return this;
  }

  /** Answers as a server of these files, below any path. */
  readonly fetch = async (url: string): Promise<Response> => {
    const bytes = this.files.get(url.slice(url.lastIndexOf("/") + 1));
    return bytes === undefined ? new Response("", { status: 404 }) : new Response(Uint8Array.from(bytes));
  };

  #delegation(): Delegations {
    const { key } = this.keys.transport;
    const keyIDs = [key.keyID];
    const role = { name: "transport", keyIDs, threshold: 1, terminating: true, paths: ["transport/*"] };
    return new Delegations({ keys: { [key.keyID]: key }, roles: { transport: new DelegatedRole(role) } });
  }

  #file(name: string, metadata: Metadata<Root | Snapshot | Targets | Timestamp>): Uint8Array {
    const bytes = new TextEncoder().encode(JSON.stringify(metadata.toJSON()));
    this.files.set(name, bytes);
    return bytes;
  }
}

export function targetFile(path: string, { bytes, custom }: TestTarget): TargetFile {
  const digest = (name: string): string => createHash(name).update(bytes).digest("hex");
  return new TargetFile({
    path,
    length: bytes.length,
    hashes: { sha256: digest("sha256"), sha512: digest("sha512") },
    unrecognizedFields: { custom: { ...custom } },
  });
}

const targetFiles = (targets: Readonly<Record<string, TestTarget>> = {}): Record<string, TargetFile> =>
  Object.fromEntries(Object.entries(targets).map(([path, target]) => [path, targetFile(path, target)]));

function metaFile(version: number, bytes: Uint8Array): MetaFile {
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  return new MetaFile({ version, length: bytes.length, hashes: { sha256 } });
}

function signWith<T extends Root | Snapshot | Targets | Timestamp>(
  metadata: Metadata<T>,
  { key, privateKey }: TestKey,
): void {
  metadata.sign((bytes) => {
    return new Signature({ keyID: key.keyID, sig: sign(null, bytes, privateKey).toString("hex") });
  });
}

const text = (at: number): string => new Date(at).toISOString().replace(/\.\d{3}Z$/, "Z");
