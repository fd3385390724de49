import { scopesOf } from "../../access/grants.ts";
import type { Actor } from "../../access/store.ts";
import { afterNumber, type Page } from "../../db/cursor.ts";
import type { Database } from "../../db/database.ts";
import type { Work } from "../../plugins/writes.ts";
import { Refusal } from "../../refusals.ts";
import type { RowProblem } from "./import-record.ts";
import { isUnbounded } from "../scope.ts";

export interface Counts {
  created: number;
  updated: number;
  unchanged: number;
  refused: number;
}

export interface RowError extends RowProblem {
  readonly line: number;
}

export async function startImport(
  db: Database,
  given: { organisationId: string; importId: string; importerId: string; dryRun: boolean; at: number },
): Promise<void> {
  const { organisationId, importId, importerId, dryRun, at } = given;
  await db
    .insertInto("vehicleImports")
    .values({
      organisationId,
      importId,
      importerId,
      dryRun: dryRun ? 1 : 0,
      state: "running",
      sha256: null,
      created: 0,
      updated: 0,
      unchanged: 0,
      refused: 0,
      startedAt: at,
      endedAt: null,
    })
    .execute();
}

/** Closes the record of an import; audited with its digest and counts. */
export async function endImport(
  work: Work,
  importId: string,
  state: "finished" | "broken",
  sha256: string | null,
  counts: Counts,
): Promise<void> {
  const { tx, organisationId, at } = work;
  const { dryRun } = await tx
    .updateTable("vehicleImports")
    .set({ state, sha256, ...counts, endedAt: at })
    .where("organisationId", "=", organisationId)
    .where("importId", "=", importId)
    .returning("dryRun")
    .executeTakeFirstOrThrow();
  await work.audit({
    action: `import.${state}`,
    subjectKind: "import",
    subjectId: importId,
    payload: { dryRun: dryRun === 1, sha256, ...counts },
  });
}

/** @param position of the first among all errors of the import */
export async function storeRowErrors(
  { tx, organisationId }: Work,
  importId: string,
  position: number,
  errors: readonly RowError[],
): Promise<void> {
  if (errors.length === 0) return;
  await tx
    .insertInto("importErrors")
    .values(
      errors.map(({ line, field, code, sentence }, index) => ({
        organisationId,
        importId,
        position: position + index,
        line,
        field: field ?? null,
        code,
        sentence,
      })),
    )
    .execute();
}

/**
 * @param reader of the record, which names vehicles: who made the import, or who sees every vehicle
 * @throws {Refusal} IMPORT_UNKNOWN
 */
export async function getImport(db: Database, reader: Actor, importId: string) {
  const { organisationId } = reader;
  const row = await db
    .selectFrom("vehicleImports")
    .selectAll()
    .where("organisationId", "=", organisationId)
    .where("importId", "=", importId)
    .executeTakeFirst();
  if (!row || !mayRead(reader, row.importerId)) throw new Refusal("IMPORT_UNKNOWN", { importId });
  return row;
}

const mayRead = (reader: Actor, importerId: string): boolean =>
  reader.kind === "operator" &&
  (reader.principalId === importerId || isUnbounded(scopesOf(reader.grants, "fleet.read")));

/** In the order of the file, one more than the page holds. @throws {Refusal} CURSOR_INVALID */
export async function listRowErrors(db: Database, organisationId: string, importId: string, page: Page) {
  const after = afterNumber(page);
  return db
    .selectFrom("importErrors")
    .select(["position", "line", "field", "code", "sentence"])
    .where("organisationId", "=", organisationId)
    .where("importId", "=", importId)
    .$if(after !== undefined, (q) => q.where("position", ">", after!))
    .orderBy("position")
    .limit(page.limit + 1)
    .execute();
}
