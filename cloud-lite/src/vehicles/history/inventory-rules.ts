/** One ECU's software in the record of a vehicle (UN Regulation No. 156, 7.1.1). */
export interface InventoryEntry {
  readonly vehicleId: string;
  readonly vin: string | null;
  /** RX Software Identification Numbers of the release that the software belongs to. */
  readonly rxswin: readonly string[];
  readonly ecuId: string;
  readonly name: string;
  readonly hardwareId: string;
  readonly hardwareRevision: string | null;
  /** Identifies the image in the signed repository; null: it is not one of a release. */
  readonly softwareId: string | null;
  readonly version: string | null;
  readonly sha256: string | null;
  /** `update`: by a job; `built`: as it left the line; `other`: by other means; `unknown`: never reported. */
  readonly source: "update" | "built" | "other" | "unknown";
  /** When the cloud was told of it, UTC ms. */
  readonly installedAt: number | null;
  readonly releaseId: string | null;
  readonly release: string | null;
  readonly campaignId: string | null;
  readonly jobId: string | null;
  readonly approvedBy: string | null;
  readonly approvedAt: number | null;
}

export const INVENTORY_COLUMNS = [
  "vehicleId",
  "vin",
  "rxswin",
  "ecuId",
  "name",
  "hardwareId",
  "hardwareRevision",
  "softwareId",
  "version",
  "sha256",
  "source",
  "installedAt",
  "releaseId",
  "release",
  "campaignId",
  "jobId",
  "approvedBy",
  "approvedAt",
] as const satisfies readonly (keyof InventoryEntry)[];

export const inventoryHeader = (): string => `${INVENTORY_COLUMNS.join(",")}\r\n`;

/** A row of the table (RFC 4180); several RXSWIN are parted by spaces, times are ISO 8601. */
export const inventoryRow = (entry: InventoryEntry): string =>
  `${INVENTORY_COLUMNS.map((column) => cell(column, entry[column])).join(",")}\r\n`;

function cell(column: string, value: InventoryEntry[keyof InventoryEntry]): string {
  if (value === null) return "";
  if (typeof value === "number") return column.endsWith("At") ? new Date(value).toISOString() : String(value);
  const text = typeof value === "string" ? value : value.join(" ");
  return quoted(text);
}

/** A cell that begins like a formula gets an apostrophe, for spreadsheets would run it. */
function quoted(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
