import type { Flag, JsonText, Millis, Owned } from "../../db/columns.ts";

/** How a vehicle's ECUs differ from those that the twin knows. */
export type ReplacementKind = "replaced" | "hardwareChanged" | "added" | "missing";

export type ReplacementState = "open" | "approved" | "rejected" | "resolved";

interface EcuReplacementsTable extends Owned {
  replacementId: string;
  vehicleId: string;
  kind: ReplacementKind;
  /** Of the ECU, for people. */
  name: string;
  /** The ECU as the twin knew it; null: it had none. */
  before: JsonText | null;
  /** The ECU as the vehicle reported it; null: it has none. */
  after: JsonText | null;
  /** `resolved`: the vehicle reports what the twin knows again. */
  state: ReplacementState;
  detectedAt: Millis;
  decidedAt: Millis | null;
  decidedBy: string | null;
  why: string | null;
}

interface VehicleImportsTable extends Owned {
  importId: string;
  /** The person who made it. */
  importerId: string;
  dryRun: Flag;
  /** `broken`: the file ended in the middle; what was taken stays. */
  state: "running" | "finished" | "broken";
  /** Of the file. */
  sha256: string | null;
  created: number;
  updated: number;
  unchanged: number;
  refused: number;
  startedAt: Millis;
  endedAt: Millis | null;
}

interface ImportErrorsTable extends Owned {
  importId: string;
  /** In the order of the file, from 0. */
  position: number;
  line: number;
  field: string | null;
  code: string;
  sentence: string;
}

interface DesiredStatesTable extends Owned {
  subjectKind: "vehicle" | "group";
  subjectId: string;
  /** From 1; the highest is the one that counts. */
  version: number;
  body: JsonText;
  createdAt: Millis;
  /** Who wrote it: the person or key. */
  createdBy: string;
}

interface ReportedStatesTable extends Owned {
  vehicleId: string;
  body: JsonText;
  receivedAt: Millis;
}

export type HistoryKind = "imported" | "software" | "presence";

/** What happened to a vehicle that no operator did, so that the audit log does not have it. */
interface VehicleHistoryTable extends Owned {
  entryId: string;
  vehicleId: string;
  at: Millis;
  kind: HistoryKind;
  detail: JsonText;
}

export interface TwinTables {
  ecuReplacements: EcuReplacementsTable;
  vehicleImports: VehicleImportsTable;
  importErrors: ImportErrorsTable;
  desiredStates: DesiredStatesTable;
  reportedStates: ReportedStatesTable;
  vehicleHistory: VehicleHistoryTable;
}
