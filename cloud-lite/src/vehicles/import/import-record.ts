import { Type, type Static } from "typebox";
import { Compile } from "typebox/compile";
import { EcuId, HardwareId, Sha256, Version } from "@halfshaft/ota-format";
import { unfitPart } from "../../plugins/plain-input.ts";
import { VehicleBody } from "../schema.ts";

const closed = { additionalProperties: false } as const;

/** An ECU as it left the line. */
export const AsBuiltEcu = Type.Object(
  {
    ecuId: EcuId,
    name: Type.String({ minLength: 1, maxLength: 64, examples: ["Engine control"] }),
    hardwareId: HardwareId,
    hardwareRevision: Type.Optional(Type.String({ minLength: 1, maxLength: 32, examples: ["C2"] })),
    version: Type.Optional(Version),
    sha256: Type.Optional(Sha256),
  },
  closed,
);
export type AsBuiltEcu = Static<typeof AsBuiltEcu>;

const {
  ecus: _ecus,
  gateway: _gateway,
  allowUnknownHardware: _allow,
  ...aboutVehicle
} = VehicleBody.properties;

/** One row of an import: a vehicle with its ECUs. It has a vehicle id, a VIN, or both. */
export const AsBuiltVehicle = Type.Object(
  {
    ...aboutVehicle,
    gateway: Type.Optional(AsBuiltEcu),
    ecus: Type.Optional(Type.Array(AsBuiltEcu, { maxItems: 255 })),
  },
  { ...closed, $id: "AsBuiltVehicle" },
);
export type AsBuiltVehicle = Static<typeof AsBuiltVehicle>;

/** Why a row is not taken. */
export interface RowProblem {
  /** The column, or the path in a row of JSON; absent where it is the row as a whole. */
  readonly field?: string;
  readonly code: string;
  readonly sentence: string;
}

const check = Compile(AsBuiltVehicle);

/** What a value should be, by the last name of its path. */
const WANTED: Readonly<Record<string, string>> = {
  vehicleId: "1 to 64 letters, digits, dots, hyphens or underscores",
  vin: "1 to 32 characters",
  year: "a year from 1900 to 2200",
  timeZone: "an IANA time zone, such as Europe/Oslo",
  groups: "at most 64 names of letters, digits, dots, hyphens or underscores",
  tags: "at most 64 names of letters, digits, dots, hyphens or underscores",
  attributes: "at most 64 named texts of 1 to 64 characters",
  ecuId: "1 to 32 letters, digits, dots, hyphens or underscores",
  hardwareId: "1 to 32 letters, digits, dots, hyphens or underscores",
  hardwareRevision: "1 to 32 characters",
  version: "a semantic version, such as 2.0.0",
  sha256: "64 lower-case hex digits",
  ecus: "a list of at most 255 ECUs",
};

/** A row as a vehicle, or why it is none. `fieldName` gives the column of a path. */
export function readRecord(
  value: unknown,
  fieldName: (path: readonly string[]) => string,
): { readonly vehicle: AsBuiltVehicle } | { readonly problem: RowProblem } {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    const sentence = `The row is ${shown(value)}; it must be a JSON object with the columns as its members.`;
    return { problem: { code: "ROW_NOT_OBJECT", sentence } };
  }
  if (!check.Check(value)) return { problem: misfit(value, fieldName) };
  const unfit = unfitPart(value);
  if (unfit) {
    const sentence = `The text has ${unfit.what} in it, which no text may have.`;
    return { problem: { field: fieldName(unfit.path), code: "TEXT_UNFIT", sentence } };
  }
  if (value.vehicleId === undefined && value.vin === undefined) {
    const sentence = "The row has neither a vehicleId nor a vin; one of them must name the vehicle.";
    return { problem: { code: "ROW_UNNAMED", sentence } };
  }
  const seen = new Set<string>();
  for (const { ecuId } of ecusOf(value)) {
    if (seen.has(ecuId)) {
      const sentence = `ECU ${ecuId} is listed twice; its serial number is its id in the vehicle.`;
      return { problem: { code: "ECU_DUPLICATE", sentence } };
    }
    seen.add(ecuId);
  }
  return { vehicle: value };
}

/** All ECUs of a row in the order of the vehicle, the gateway last. */
export const ecusOf = (vehicle: AsBuiltVehicle): (AsBuiltEcu & { kind: "uds" | "gateway" })[] => [
  ...(vehicle.ecus ?? []).map((ecu) => ({ ...ecu, kind: "uds" as const })),
  ...(vehicle.gateway ? [{ ...vehicle.gateway, kind: "gateway" as const }] : []),
];

function misfit(value: unknown, fieldName: (path: readonly string[]) => string): RowProblem {
  const error = [...check.Errors(value)][0];
  const path = (error?.instancePath ?? "").split("/").slice(1);
  if (error?.keyword === "required") {
    const missing = [...path, error.params.requiredProperties[0] ?? ""];
    const field = fieldName(missing);
    return {
      field,
      code: "FIELD_MISSING",
      sentence: `${field} is missing; it should be ${wanted(missing)}.`,
    };
  }
  // What a closed object has besides is checked against the schema `false`.
  if (error?.keyword === "boolean") {
    const field = fieldName(path);
    return { field, code: "FIELD_UNKNOWN", sentence: `${field} is not a field of a vehicle.` };
  }
  const field = fieldName(path);
  const found = path.reduce<unknown>((at, key) => (at as Record<string, unknown>)?.[key], value);
  return {
    field,
    code: "FIELD_INVALID",
    sentence: `${field} is ${shown(found)}; it should be ${wanted(path)}.`,
  };
}

const shown = (value: unknown): string => JSON.stringify(value)?.slice(0, 80) ?? "nothing";

function wanted(path: readonly string[]): string {
  const known = path.findLast((key) => Object.hasOwn(WANTED, key));
  return known === undefined ? "a text of 1 to 64 characters" : WANTED[known]!;
}
