import { v7 as uuidv7 } from "uuid";
import type { Database } from "../../db/database.ts";
import type { HistoryKind } from "../twin/twin-tables.ts";

/** Rows in one statement. */
const ROWS_AT_ONCE = 500;

/** Notes what happened to vehicles without an operator's hand: the timeline's own memory, besides the audit log. */
export async function noteHistory(
  tx: Database,
  organisationId: string,
  at: number,
  entries: readonly { vehicleId: string; kind: HistoryKind; detail: object }[],
): Promise<void> {
  for (let from = 0; from < entries.length; from += ROWS_AT_ONCE) {
    const rows = entries.slice(from, from + ROWS_AT_ONCE).map(({ vehicleId, kind, detail }) => ({
      organisationId,
      entryId: uuidv7(),
      vehicleId,
      at,
      kind,
      detail: JSON.stringify(detail),
    }));
    await tx.insertInto("vehicleHistory").values(rows).execute();
  }
}
