import type { Work } from "../../plugins/writes.ts";
import { HELD_REASONS } from "./replacement-rules.ts";
import type { HeldReason } from "../tables.ts";
import type { ReplacementKind, ReplacementState } from "../twin/twin-tables.ts";

/** Why a vehicle with these undecided and rejected replacements is held; null: it is not. */
export function heldReason(
  rows: readonly { kind: ReplacementKind; state: ReplacementState }[],
): HeldReason | null {
  for (const [kind, reason] of Object.entries(HELD_REASONS)) {
    if (rows.some((row) => row.state === "open" && row.kind === kind)) return reason;
  }
  return rows.some(({ state }) => state === "rejected") ? "replacementRejected" : null;
}

/** Holds the vehicle, or lets it go, by the replacements that stand; audited where that changes anything. */
export async function settleHold(work: Work, vehicleId: string): Promise<void> {
  const { tx, organisationId, at } = work;
  const standing = await tx
    .selectFrom("ecuReplacements")
    .select(["kind", "state", "replacementId"])
    .where("organisationId", "=", organisationId)
    .where("vehicleId", "=", vehicleId)
    .where("state", "in", ["open", "rejected"])
    .orderBy("replacementId")
    .execute();
  const reason = heldReason(standing);
  const { heldReason: before } = await tx
    .selectFrom("vehicles")
    .select("heldReason")
    .where("organisationId", "=", organisationId)
    .where("vehicleId", "=", vehicleId)
    .executeTakeFirstOrThrow();
  if (reason === before) return;
  await tx
    .updateTable("vehicles")
    .set({ heldReason: reason, heldAt: reason === null ? null : at })
    .where("organisationId", "=", organisationId)
    .where("vehicleId", "=", vehicleId)
    .execute();
  await work.audit({
    action: reason === null ? "vehicle.released" : "vehicle.held",
    subjectKind: "vehicle",
    subjectId: vehicleId,
    payload: { before, reason, replacementIds: standing.map(({ replacementId }) => replacementId) },
  });
}
