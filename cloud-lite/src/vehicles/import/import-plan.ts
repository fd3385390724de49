import type { Selectable } from "kysely";
import type { Tables } from "../../db/tables.ts";
import { ecusOf, type AsBuiltEcu, type AsBuiltVehicle, type RowProblem } from "./import-record.ts";
import type { Members } from "../members.ts";
import type { EcuRow } from "../store.ts";

/** Columns that a row may correct. */
export const COLUMNS = ["vin", "model", "trim", "year", "region", "owner", "timeZone"] as const;

/** What of a vehicle's row an import looks at. */
export type BuiltVehicle = Pick<
  Selectable<Tables["vehicles"]>,
  "organisationId" | "vehicleId" | (typeof COLUMNS)[number]
>;

/** A vehicle that is there already. */
export interface ExistingVehicle {
  readonly row: BuiltVehicle;
  readonly members: Members;
  readonly ecus: readonly EcuRow[];
  /** ECUs that were replaced since; an as-built file still names them. */
  readonly formerEcuIds: ReadonlySet<string>;
}

export type BuiltEcu = AsBuiltEcu & { readonly kind: "uds" | "gateway" };
type VehicleColumns = Partial<Pick<BuiltVehicle, (typeof COLUMNS)[number]>>;

/** What an import does to a vehicle that is there already. */
export type Plan =
  | { readonly kind: "unchanged" }
  | {
      readonly kind: "update";
      readonly columns: VehicleColumns;
      readonly members: Partial<Members>;
      readonly newEcus: readonly BuiltEcu[];
      readonly changedEcus: readonly BuiltEcu[];
    }
  | { readonly kind: "refuse"; readonly problem: RowProblem };

/**
 * Compares a row with the vehicle. A row adds and corrects, and never takes away: what it does not name stays, groups
 * and tags are joined, ECUs that the file lacks remain. An ECU that was replaced since stays replaced.
 */
export function planUpdate(vehicle: AsBuiltVehicle, existing: ExistingVehicle): Plan {
  const columns: Record<string, unknown> = {};
  for (const name of COLUMNS) {
    if (vehicle[name] !== undefined && vehicle[name] !== existing.row[name]) columns[name] = vehicle[name];
  }
  const byId = new Map(existing.ecus.map((ecu) => [ecu.ecuId, ecu]));
  const listed = ecusOf(vehicle).filter(({ ecuId }) => !existing.formerEcuIds.has(ecuId));
  const newEcus = listed.filter(({ ecuId }) => !byId.has(ecuId));
  const ids = new Set(listed.map(({ ecuId }) => ecuId));
  for (const ecu of newEcus) {
    const other = existing.ecus.find(({ name, ecuId }) => name === ecu.name && !ids.has(ecuId));
    if (other) return { kind: "refuse", problem: nameTaken(existing.row.vehicleId, ecu, other) };
  }
  const changedEcus = listed.filter((ecu) => {
    const known = byId.get(ecu.ecuId);
    return known !== undefined && differs(ecu, known);
  });
  const members = joined(vehicle, existing.members);
  const isSame =
    Object.keys(columns).length + Object.keys(members).length + newEcus.length + changedEcus.length === 0;
  if (isSame) return { kind: "unchanged" };
  return { kind: "update", columns, members, newEcus, changedEcus };
}

const nameTaken = (vehicleId: string, ecu: BuiltEcu, other: EcuRow): RowProblem => ({
  field: "ecus",
  code: "ECU_NAME_TAKEN",
  sentence:
    `${ecu.name} of vehicle ${vehicleId} is ECU ${other.ecuId} and the row says ${ecu.ecuId}; ` +
    "an ECU is exchanged when the vehicle reports the new one and someone approves it.",
});

const differs = (ecu: BuiltEcu, known: EcuRow): boolean =>
  ecu.name !== known.name ||
  ecu.hardwareId !== known.hardwareId ||
  ecu.kind !== known.kind ||
  isNews(ecu.hardwareRevision, known.hardwareRevision) ||
  isNews(ecu.version, known.builtVersion) ||
  isNews(ecu.sha256, known.builtSha256);

const isNews = (given: string | undefined, known: string | null): boolean =>
  given !== undefined && given !== known;

/** The members that change, as they are to be. */
function joined(vehicle: AsBuiltVehicle, known: Members): Partial<Members> {
  const changed: Partial<Members> = {};
  for (const list of ["groups", "tags"] as const) {
    const all = new Set([...known[list], ...(vehicle[list] ?? [])]);
    if (all.size > known[list].length) changed[list] = [...all].sort();
  }
  const attributes = Object.entries(vehicle.attributes ?? {});
  if (attributes.some(([name, value]) => known.attributes[name] !== value)) {
    changed.attributes = { ...known.attributes, ...vehicle.attributes };
  }
  return changed;
}
