import { Root } from "@tufjs/models";
import { Role } from "@tufjs/models/dist/role.js";
import { signRole, tufKey, type RepositoryScope } from "./metadata-store.ts";
import type { Signer } from "./signer.ts";

const ROLES = ["root", "targets", "snapshot", "timestamp"] as const;

/** Signs the first root of a repository: one key for each role, threshold 1. */
export async function signFirstRoot(
  scope: RepositoryScope,
  signers: Readonly<Record<(typeof ROLES)[number], Signer>>,
  lifetimeMs: number,
): Promise<void> {
  await signRole(scope, {
    role: "root",
    lifetimeMs,
    signer: signers.root,
    build: (common) =>
      new Root({
        ...common,
        consistentSnapshot: true,
        keys: Object.fromEntries(ROLES.map((role) => [signers[role].keyId, tufKey(signers[role])])),
        roles: Object.fromEntries(
          ROLES.map((role) => [role, new Role({ keyIDs: [signers[role].keyId], threshold: 1 })]),
        ),
      }),
  });
}
