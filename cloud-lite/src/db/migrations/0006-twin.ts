import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";
import { addColumns, createIndex, createTable, type NewIndex, type NewTable } from "./columns.ts";

const TABLES: Readonly<Record<string, NewTable>> = {
  ecuReplacements: {
    columns: {
      replacementId: "text",
      vehicleId: "text",
      kind: "text",
      name: "text",
      before: "text?",
      after: "text?",
      state: "text",
      detectedAt: "integer",
      decidedAt: "integer?",
      decidedBy: "text?",
      why: "text?",
    },
    key: ["replacementId"],
  },
  vehicleImports: {
    columns: {
      importId: "text",
      importerId: "text",
      dryRun: "integer",
      state: "text",
      sha256: "text?",
      created: "integer",
      updated: "integer",
      unchanged: "integer",
      refused: "integer",
      startedAt: "integer",
      endedAt: "integer?",
    },
    key: ["importId"],
  },
  importErrors: {
    columns: {
      importId: "text",
      position: "integer",
      line: "integer",
      field: "text?",
      code: "text",
      sentence: "text",
    },
    key: ["importId", "position"],
  },
  desiredStates: {
    columns: {
      subjectKind: "text",
      subjectId: "text",
      version: "integer",
      body: "text",
      createdAt: "integer",
      createdBy: "text",
    },
    key: ["subjectKind", "subjectId", "version"],
  },
  reportedStates: {
    columns: { vehicleId: "text", body: "text", receivedAt: "integer" },
    key: ["vehicleId"],
  },
  vehicleHistory: {
    columns: { entryId: "text", vehicleId: "text", at: "integer", kind: "text", detail: "text" },
    key: ["entryId"],
  },
};

const INDEXES: Readonly<Record<string, NewIndex>> = {
  ecuReplacementsVehicle: { table: "ecuReplacements", columns: ["organisationId", "vehicleId", "state"] },
  ecuReplacementsState: { table: "ecuReplacements", columns: ["organisationId", "state", "replacementId"] },
  vehicleHistoryVehicle: {
    table: "vehicleHistory",
    columns: ["organisationId", "vehicleId", "at", "entryId"],
  },
  vehiclesHeld: { table: "vehicles", columns: ["organisationId", "heldReason"] },
};

/** As-built import, replaced ECUs, desired state and the history of a vehicle. */
export const twin: Migration = {
  async up(db: Kysely<unknown>) {
    await addColumns(db, "vehicles", { heldReason: { kind: "text?" }, heldAt: { kind: "integer?" } });
    await addColumns(db, "ecus", {
      hardwareRevision: { kind: "text?" },
      builtVersion: { kind: "text?" },
      builtSha256: { kind: "text?" },
      softwareAt: { kind: "integer?" },
    });
    for (const [table, made] of Object.entries(TABLES)) await createTable(db, table, made);
    for (const [name, index] of Object.entries(INDEXES)) await createIndex(db, name, index);
  },
};
