import { createHash } from "node:crypto";
import { v7 as uuidv7 } from "uuid";
import { covers, scopesOf, type Scope } from "../../access/grants.ts";
import type { Actor } from "../../access/store.ts";
import type { Cloud } from "../../cloud.ts";
import type { Work } from "../../plugins/writes.ts";
import { inTransaction } from "../../plugins/writes.ts";
import { Refusal } from "../../refusals.ts";
import { insertVehicles, loadExisting, updateVehicle } from "./import-chunk.ts";
import { planUpdate, type ExistingVehicle } from "./import-plan.ts";
import { ecusOf, readRecord, type AsBuiltVehicle, type RowProblem } from "./import-record.ts";
import type { Row } from "./import-rows.ts";
import { endImport, startImport, storeRowErrors, type Counts, type RowError } from "./import-store.ts";
import { noteHistory } from "../history/history.ts";
import { checkVin } from "../vin.ts";

/** Rows in one transaction, so that nobody waits long for the database. */
const CHUNK_ROWS = 250;

export interface ImportOptions {
  readonly dryRun: boolean;
  /** Takes ECUs whose hardware is not registered. */
  readonly allowUnknownHardware: boolean;
}

export interface ImportRun {
  readonly cloud: Cloud;
  readonly actor: Actor;
  readonly requestId: string;
  readonly options: ImportOptions;
}

/** What every chunk needs to know. */
interface Context extends ImportRun {
  readonly importId: string;
  readonly hardware: ReadonlySet<string>;
  readonly scopes: readonly Scope[];
  /** Where whoever imports may read vehicles. */
  readonly readable: readonly Scope[];
  /** Ids and VINs of the rows before, to find a vehicle that is listed twice. */
  readonly seen: Set<string>;
  readonly counts: Counts;
}

type Taken = { readonly line: number; readonly vehicle: AsBuiltVehicle };

/**
 * Takes in as-built vehicles row by row: at most 250 in a transaction and in memory, the next ones read when these
 * are stored. A file that breaks off leaves what was taken; sent again, that is unchanged. A dry run says the same
 * and changes no vehicle.
 * @param digest of the file, asked for when its rows have ended
 * @returns the id of the import
 * @throws {Refusal} IMPORT_HEADER_INVALID or IMPORT_UNREADABLE
 */
export async function importVehicles(
  run: ImportRun,
  rows: AsyncIterable<Row> | Iterable<Row>,
  digest: () => string,
): Promise<string> {
  const { cloud, actor, requestId, options } = run;
  const { organisationId } = actor;
  const importId = uuidv7();
  const context: Context = {
    ...run,
    importId,
    hardware: await knownHardware(run),
    scopes: actor.kind === "operator" ? scopesOf(actor.grants, "fleet.write") : [],
    readable: actor.kind === "operator" ? scopesOf(actor.grants, "fleet.read") : [],
    seen: new Set(),
    counts: { created: 0, updated: 0, unchanged: 0, refused: 0 },
  };
  const importerId = actor.kind === "operator" ? actor.principalId : actor.vehicleId;
  const { dryRun } = options;
  await startImport(cloud.db, { organisationId, importId, importerId, dryRun, at: cloud.now() });
  const end = (state: "finished" | "broken", sha256: string | null): Promise<void> =>
    inTransaction(cloud, actor, requestId, (work) =>
      endImport(work, importId, state, sha256, context.counts),
    );
  try {
    let chunk: Row[] = [];
    for await (const row of rows) {
      chunk.push(row);
      if (chunk.length < CHUNK_ROWS) continue;
      await takeChunk(context, chunk);
      chunk = [];
    }
    await takeChunk(context, chunk);
  } catch (error) {
    await end("broken", null);
    throw error;
  }
  await end("finished", digest());
  return importId;
}

/** The bytes of a file, and the digest of those that have gone by. */
export function digested(bytes: AsyncIterable<Uint8Array>): {
  bytes: AsyncIterable<Uint8Array>;
  digest: () => string;
} {
  const hash = createHash("sha256");
  async function* pass(): AsyncGenerator<Uint8Array> {
    for await (const part of bytes) {
      hash.update(part);
      yield part;
    }
  }
  return { bytes: pass(), digest: () => hash.digest("hex") };
}

async function knownHardware({ cloud, actor }: ImportRun): Promise<Set<string>> {
  const rows = await cloud.db
    .selectFrom("hardware")
    .select("hardwareId")
    .where("organisationId", "=", actor.organisationId)
    .execute();
  return new Set(rows.map(({ hardwareId }) => hardwareId));
}

async function takeChunk(context: Context, rows: readonly Row[]): Promise<void> {
  if (rows.length === 0) return;
  const { cloud, actor, requestId, options } = context;
  const errors: RowError[] = [];
  const refuse = (line: number, problem: RowProblem): void => void errors.push({ line, ...problem });
  const taken = rows.flatMap((row) => understand(context, row, refuse));
  const counts = await inTransaction(cloud, actor, requestId, async (work) => {
    const counted = await takeVehicles(context, work, taken, refuse);
    errors.sort((a, b) => a.line - b.line);
    await storeRowErrors(work, context.importId, context.counts.refused, errors);
    return counted;
  });
  context.counts.created += counts.created;
  context.counts.updated += counts.updated;
  context.counts.unchanged += counts.unchanged;
  context.counts.refused += errors.length;
  // A dry run reads only; give others their turn all the same.
  if (options.dryRun) await new Promise((resolve) => setImmediate(resolve));
}

/** What can be said of a row without the database. */
function understand(
  context: Context,
  row: Row,
  refuse: (line: number, problem: RowProblem) => void,
): Taken[] {
  const { line } = row;
  const read = row.problem ? { problem: row.problem } : readRecord(row.value, (path) => row.fieldName(path));
  const problem = "problem" in read ? read.problem : misuse(context, read.vehicle);
  if (problem) {
    refuse(line, problem);
    return [];
  }
  return "vehicle" in read ? [{ line, vehicle: read.vehicle }] : [];
}

function misuse(
  { seen, hardware, options, cloud }: Context,
  vehicle: AsBuiltVehicle,
): RowProblem | undefined {
  const { vehicleId, vin } = vehicle;
  const names = [
    ...(vehicleId === undefined ? [] : [`id ${vehicleId}`]),
    ...(vin === undefined ? [] : [`VIN ${vin}`]),
  ];
  const repeated = names.find((name) => seen.has(name));
  if (repeated !== undefined) {
    const sentence = `A row before this one is about the vehicle with ${repeated} too; a vehicle has one row.`;
    return { code: "ROW_REPEATED", sentence };
  }
  for (const name of names) seen.add(name);
  if (vin !== undefined) {
    try {
      checkVin(vin, cloud.config.vinPolicy);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return { field: "vin", code: error.code, sentence: error.message };
    }
  }
  if (options.allowUnknownHardware) return undefined;
  const foreign = ecusOf(vehicle).find(({ kind, hardwareId }) => kind === "uds" && !hardware.has(hardwareId));
  return (
    foreign && {
      code: "HARDWARE_UNKNOWN",
      sentence: `Hardware ${foreign.hardwareId} of ECU ${foreign.ecuId} is not registered.`,
    }
  );
}

async function takeVehicles(
  context: Context,
  work: Work,
  taken: readonly Taken[],
  refuse: (line: number, problem: RowProblem) => void,
): Promise<Omit<Counts, "refused">> {
  const { organisationId, at, tx } = work;
  const { importId } = context;
  const { dryRun } = context.options;
  const existing = await loadExisting(
    tx,
    organisationId,
    taken.map(({ vehicle }) => vehicle),
  );
  const byId = new Map(existing.map((known) => [known.row.vehicleId, known]));
  const byVin = new Map(existing.map((known) => [known.row.vin, known]));

  const fresh: AsBuiltVehicle[] = [];
  const updated: string[] = [];
  let unchanged = 0;
  for (const { line, vehicle } of taken) {
    const { vehicleId, vin } = vehicle;
    const holder = vin === undefined ? undefined : byVin.get(vin);
    const known: ExistingVehicle | undefined = vehicleId === undefined ? holder : byId.get(vehicleId);
    const outside = outsideScope(context, vehicle, known, holder);
    if (outside) {
      refuse(line, outside);
      continue;
    }
    if (holder && holder !== known) {
      const sentence = `VIN ${vin} belongs to another vehicle.`;
      refuse(line, { field: "vin", code: "VIN_TAKEN", sentence });
      continue;
    }
    if (!known) {
      fresh.push(vehicle);
      continue;
    }
    const plan = planUpdate(vehicle, known);
    if (plan.kind === "refuse") refuse(line, plan.problem);
    else if (plan.kind === "unchanged") unchanged += 1;
    else {
      updated.push(known.row.vehicleId);
      if (!dryRun) await updateVehicle(tx, known, plan);
    }
  }
  const counts = { created: fresh.length, updated: updated.length, unchanged };
  if (dryRun || fresh.length + updated.length === 0) return counts;
  const created = await insertVehicles(tx, organisationId, at, fresh);
  const entry = (vehicleId: string, outcome: "created" | "updated") =>
    ({ vehicleId, kind: "imported", detail: { importId, outcome } }) as const;
  await noteHistory(tx, organisationId, at, [
    ...created.map((vehicleId) => entry(vehicleId, "created")),
    ...updated.map((vehicleId) => entry(vehicleId, "updated")),
  ]);
  await work.audit({
    action: "vehicles.imported",
    subjectKind: "import",
    subjectId: importId,
    payload: { created, updated },
  });
  return counts;
}

/** Tells of a vehicle that whoever imports may not read what the row itself says, and no more. */
function outsideScope(
  { scopes, readable }: Context,
  vehicle: AsBuiltVehicle,
  known: ExistingVehicle | undefined,
  holder: ExistingVehicle | undefined,
): RowProblem | undefined {
  const isHidden = (found?: ExistingVehicle): boolean => found !== undefined && !covers(readable, found.row);
  const before = isHidden(known) ? undefined : known?.row;
  const after = { region: vehicle.region ?? before?.region, model: vehicle.model ?? before?.model };
  const place = [...(before ? [before] : []), after].find((located) => !covers(scopes, located));
  if (place) {
    const where = `region ${place.region ?? "none"}, model ${place.model ?? "none"}`;
    return { code: "OUT_OF_SCOPE", sentence: `Your roles do not cover this vehicle: ${where}.` };
  }
  if (!isHidden(known) && !isHidden(holder)) return undefined;
  return { code: "OUT_OF_SCOPE", sentence: "Your roles do not let you take this row in." };
}
