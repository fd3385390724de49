import type { Selectable } from "kysely";
import { v7 as uuidv7 } from "uuid";
import type { EcuReport, VersionManifest } from "@halfshaft/ota-format";
import type { Scope } from "../../access/grants.ts";
import type { Page } from "../../db/cursor.ts";
import type { Database } from "../../db/database.ts";
import type { Tables } from "../../db/tables.ts";
import type { Work } from "../../plugins/writes.ts";
import { Refusal } from "../../refusals.ts";
import { settleHold } from "./hold.ts";
import { findReplacements, isSilent, type Finding, type KnownUnit } from "./replacement-rules.ts";
import { inScope, isUnbounded } from "../scope.ts";
import type { EcuRow } from "../store.ts";
import type { ReplacementState } from "../twin/twin-tables.ts";

export type ReplacementRow = Selectable<Tables["ecuReplacements"]>;

/** What is kept of an ECU that was replaced or has vanished. */
export type FormerEcu = KnownUnit & Partial<EcuRow>;

/** Compares a manifest with the twin; opens and resolves replacements, and holds the vehicle or lets it go. */
export async function noteReplacements(
  work: Work,
  vehicleId: string,
  ecus: readonly EcuRow[],
  manifest: VersionManifest,
): Promise<void> {
  const { tx, organisationId, at } = work;
  const known = ecus.map((ecu) => ({ ...ecu, hasReported: ecu.reportedAt !== null }));
  const findings = findReplacements(known, manifest.ecus);
  const standing = await tx
    .selectFrom("ecuReplacements")
    .selectAll()
    .where("organisationId", "=", organisationId)
    .where("vehicleId", "=", vehicleId)
    .where("state", "in", ["open", "rejected"])
    .execute();
  if (findings.length === 0 && standing.length === 0) return;

  const keys = new Set(findings.map(findingKey));
  const silent = new Set(manifest.ecus.filter(isSilent).map(({ ecuId }) => ecuId));
  for (const row of standing) {
    const before = formerEcu(row);
    if (keys.delete(rowKey(row)) || (before && silent.has(before.ecuId))) continue;
    await decide(work, row, { state: "resolved", by: vehicleId });
  }
  for (const finding of findings.filter((candidate) => keys.has(findingKey(candidate)))) {
    await tx
      .insertInto("ecuReplacements")
      .values({
        organisationId,
        replacementId: uuidv7(),
        vehicleId,
        kind: finding.kind,
        name: finding.name,
        before: finding.before ? JSON.stringify(finding.before) : null,
        after: finding.after ? JSON.stringify(finding.after) : null,
        state: "open",
        detectedAt: at,
        decidedAt: null,
        decidedBy: null,
        why: null,
      })
      .execute();
  }
  await settleHold(work, vehicleId);
}

/**
 * Writes down what became of a replacement, unless it is no longer in the state in which it was read.
 * @returns whether it was
 */
export async function decide(
  work: Work,
  row: ReplacementRow,
  decision: { state: Exclude<ReplacementState, "open">; by: string; why?: string },
): Promise<boolean> {
  const { tx, organisationId, at } = work;
  const { vehicleId, replacementId, kind, name } = row;
  const decided = await tx
    .updateTable("ecuReplacements")
    .set({
      state: decision.state,
      decidedAt: at,
      decidedBy: decision.by,
      why: decision.why ?? null,
    })
    .where("organisationId", "=", organisationId)
    .where("replacementId", "=", replacementId)
    .where("state", "=", row.state)
    .returning("replacementId")
    .executeTakeFirst();
  if (!decided) return false;
  await work.audit({
    action: `replacement.${decision.state}`,
    subjectKind: "vehicle",
    subjectId: vehicleId,
    payload: {
      replacementId,
      kind,
      name,
      before: formerEcu(row)?.ecuId,
      after: reportedEcu(row)?.ecuId,
      why: decision.why,
    },
  });
  return true;
}

/** The same difference, reported again, is the same replacement. */
const keyOf = (kind: string, before?: { ecuId: string }, after?: EcuReport): string =>
  [kind, before?.ecuId, after?.ecuId, after?.hardwareId].join(" ");
const findingKey = ({ kind, before, after }: Finding): string => keyOf(kind, before, after);
const rowKey = (row: ReplacementRow): string => keyOf(row.kind, formerEcu(row), reportedEcu(row));

export const formerEcu = ({ before }: Pick<ReplacementRow, "before">): FormerEcu | undefined =>
  before === null ? undefined : (JSON.parse(before) as FormerEcu);
export const reportedEcu = ({ after }: Pick<ReplacementRow, "after">): EcuReport | undefined =>
  after === null ? undefined : (JSON.parse(after) as EcuReport);

/** @throws {Refusal} REPLACEMENT_UNKNOWN */
export async function getReplacement(
  db: Database,
  organisationId: string,
  vehicleId: string,
  replacementId: string,
): Promise<ReplacementRow> {
  const row = await db
    .selectFrom("ecuReplacements")
    .selectAll()
    .where("organisationId", "=", organisationId)
    .where("replacementId", "=", replacementId)
    .where("vehicleId", "=", vehicleId)
    .executeTakeFirst();
  if (!row) throw new Refusal("REPLACEMENT_UNKNOWN", { vehicleId, replacementId });
  return row;
}

/** Newest first, one more than the page holds. */
export async function listReplacements(
  db: Database,
  organisationId: string,
  vehicleId: string,
  page: Page,
): Promise<ReplacementRow[]> {
  return db
    .selectFrom("ecuReplacements")
    .selectAll()
    .where("organisationId", "=", organisationId)
    .where("vehicleId", "=", vehicleId)
    .$if(page.after !== undefined, (q) => q.where("replacementId", "<", page.after!))
    .orderBy("replacementId", "desc")
    .limit(page.limit + 1)
    .execute();
}

/** Those of the whole fleet in a state, newest first, within the scopes; one more than the page holds. */
export async function listFleetReplacements(
  db: Database,
  organisationId: string,
  scopes: readonly Scope[],
  page: Page,
  state: ReplacementState,
): Promise<ReplacementRow[]> {
  return db
    .selectFrom("ecuReplacements as r")
    .selectAll("r")
    .where("r.organisationId", "=", organisationId)
    .where("r.state", "=", state)
    .$if(!isUnbounded(scopes), (q) =>
      q.where((eb) =>
        eb.exists(
          eb
            .selectFrom("vehicles as v")
            .select("v.vehicleId")
            .whereRef("v.organisationId", "=", "r.organisationId")
            .whereRef("v.vehicleId", "=", "r.vehicleId")
            .where((vehicle) => inScope(vehicle, scopes)),
        ),
      ),
    )
    .$if(page.after !== undefined, (q) => q.where("r.replacementId", "<", page.after!))
    .orderBy("r.replacementId", "desc")
    .limit(page.limit + 1)
    .execute();
}
