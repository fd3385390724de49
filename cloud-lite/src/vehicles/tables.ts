import type { JsonText, Millis, Owned } from "../db/columns.ts";
import type { TwinTables } from "./twin/twin-tables.ts";

/** Codes of `heldReason`. */
export type HeldReason =
  | "ecuReplaced"
  | "ecuHardwareChanged"
  | "ecuAdded"
  | "ecuMissing"
  | "replacementRejected";

interface VehiclesTable extends Owned {
  vehicleId: string;
  vin: string | null;
  model: string | null;
  trim: string | null;
  year: number | null;
  region: string | null;
  /** The organisation that runs the vehicle, where that is a customer of this one. */
  owner: string | null;
  /** IANA name. */
  timeZone: string | null;
  /** Time between two heartbeats, as the vehicle stated it, ms. */
  heartbeatMs: number | null;
  /** When it was last found to be online or offline. */
  presenceAt: Millis | null;
  /** No longer in use; kept for its history. */
  retiredAt: Millis | null;
  /** The job whose software the Director describes. */
  desiredJobId: string | null;
  /** Rises with every change of what the Director must sign. */
  desiredRevision: number;
  presence: "online" | "offline" | null;
  lastSeenAt: Millis | null;
  manifestAt: Millis | null;
  /** Why the vehicle gets no offers and no jobs; null: it is not held. */
  heldReason: HeldReason | null;
  heldAt: Millis | null;
  createdAt: Millis;
}

interface VehicleGroupsTable extends Owned {
  vehicleId: string;
  groupName: string;
}

interface VehicleTagsTable extends Owned {
  vehicleId: string;
  tag: string;
}

/** What the vehicle was built with, by name: battery, market, line. */
interface VehicleAttributesTable extends Owned {
  vehicleId: string;
  name: string;
  value: string;
}

interface EcusTable extends Owned {
  vehicleId: string;
  ecuId: string;
  name: string;
  hardwareId: string;
  kind: "uds" | "gateway";
  position: number;
  version: string | null;
  /** Sorts as the version does; null where there is none or it is no semantic version. */
  versionKey: string | null;
  imageSha256: string | null;
  releaseCounter: number | null;
  activeBank: "A" | "B" | null;
  bootState: "committed" | "trial" | "fellBack" | "unknown" | null;
  reportedAt: Millis | null;
  hardwareRevision: string | null;
  /** As it left the line. */
  builtVersion: string | null;
  builtSha256: string | null;
  /** Since when the ECU has run what it runs, as far as the cloud was told. */
  softwareAt: Millis | null;
}

interface VersionManifestsTable extends Owned {
  manifestId: string;
  vehicleId: string;
  receivedAt: Millis;
  body: JsonText;
}

export interface VehiclesTables extends TwinTables {
  vehicles: VehiclesTable;
  vehicleGroups: VehicleGroupsTable;
  vehicleTags: VehicleTagsTable;
  vehicleAttributes: VehicleAttributesTable;
  ecus: EcusTable;
  versionManifests: VersionManifestsTable;
}
