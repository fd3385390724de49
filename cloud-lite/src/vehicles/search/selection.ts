import { Type, type TSchema } from "typebox";
import { HardwareId, Version, Whole } from "@halfshaft/ota-format";
import { ref } from "../../plugins/answers.ts";
import { Refusal } from "../../refusals.ts";
import { Group, Tag, VehicleId, Vin } from "../schema.ts";

/**
 * What a vehicle is doing; the first that holds: `held` waits for someone to look at it, `updating` runs a job, `waiting` has one offered or queued, `failed`
 * ended its newest job without success, `new` was never heard of, `idle` is the rest. Retired vehicles have none.
 */
export const VEHICLE_STATUSES = ["held", "updating", "waiting", "failed", "new", "idle"] as const;
export type VehicleStatus = (typeof VEHICLE_STATUSES)[number];

export const PRESENCES = ["online", "offline", "unknown"] as const;
export type PresenceFact = (typeof PRESENCES)[number];

/** A version that an ECU reported, in the order of semver; an ECU that reported none has no version. */
export interface EcuVersionBounds {
  /** The ECU's name in the vehicle. */
  readonly ecu?: string;
  readonly hardwareId?: string;
  readonly atLeast?: string;
  readonly below?: string;
}

/** Times in UTC ms; a vehicle that was never heard of was not seen within any time. */
export interface SeenBounds {
  readonly after?: number;
  readonly before?: number;
  readonly withinMs?: number;
}

/**
 * Which vehicles: one condition, or several joined by `and`, `or` and `not`. A list holds where the vehicle has any
 * of its values. What is not known of a vehicle fulfils no condition, so its `not` holds. Retired vehicles are never
 * selected.
 */
export type VehicleSelection =
  | { readonly all: true }
  | { readonly vehicleIds: readonly string[] }
  | { readonly vins: readonly string[] }
  | { readonly groups: readonly string[] }
  | { readonly tags: readonly string[] }
  | { readonly models: readonly string[] }
  | { readonly trims: readonly string[] }
  | { readonly regions: readonly string[] }
  | { readonly owners: readonly string[] }
  | { readonly years: { readonly from?: number; readonly to?: number } }
  | { readonly hardwareIds: readonly string[] }
  | { readonly ecuVersion: EcuVersionBounds }
  | { readonly attribute: { readonly name: string; readonly in: readonly string[] } }
  | { readonly status: readonly VehicleStatus[] }
  | { readonly presence: readonly PresenceFact[] }
  | { readonly lastSeen: SeenBounds }
  | { readonly inSync: boolean }
  | { readonly and: readonly VehicleSelection[] }
  | { readonly or: readonly VehicleSelection[] }
  | { readonly not: VehicleSelection };

const closed = { additionalProperties: false } as const;
const Text = Type.String({ minLength: 1, maxLength: 64 });
const Year = Type.Integer({ minimum: 1900, maximum: 2200 });
const Millis = Type.Integer({ ...Whole, description: "ms" });

const MAX_NAMED = 10_000;
const MAX_LISTED = 200;
const listOf = <T extends TSchema>(item: T, maxItems = MAX_LISTED) =>
  Type.Array(item, { minItems: 1, maxItems });
/** Refers to the whole by name: a selection holds selections. */
const Self = Type.Unsafe<VehicleSelection>({ $ref: "VehicleSelection#" });

/** One object with one of these keys, so that a mistake is reported with its own path and not as "none of 20". */
export const VehicleSelection = Type.Unsafe<VehicleSelection>(
  Type.Object(
    {
      all: Type.Optional(Type.Literal(true)),
      vehicleIds: Type.Optional(listOf(VehicleId, MAX_NAMED)),
      vins: Type.Optional(listOf(Vin, MAX_NAMED)),
      groups: Type.Optional(listOf(Group)),
      tags: Type.Optional(listOf(Tag)),
      models: Type.Optional(listOf(Text)),
      trims: Type.Optional(listOf(Text)),
      regions: Type.Optional(listOf(Text)),
      owners: Type.Optional(listOf(Text)),
      years: Type.Optional(
        Type.Object(
          { from: Type.Optional(Year), to: Type.Optional(Year) },
          { ...closed, minProperties: 1, description: "Model years, both included" },
        ),
      ),
      hardwareIds: Type.Optional(listOf(HardwareId)),
      ecuVersion: Type.Optional(
        Type.Object(
          {
            ecu: Type.Optional(Text),
            hardwareId: Type.Optional(HardwareId),
            atLeast: Type.Optional(Version),
            below: Type.Optional(Version),
          },
          { ...closed, minProperties: 1, description: "One ECU that fulfils all of it; order of semver" },
        ),
      ),
      attribute: Type.Optional(Type.Object({ name: Text, in: listOf(Text) }, closed)),
      status: Type.Optional(listOf(Type.Enum(VEHICLE_STATUSES))),
      presence: Type.Optional(listOf(Type.Enum(PRESENCES))),
      lastSeen: Type.Optional(
        Type.Object(
          {
            after: Type.Optional(Millis),
            before: Type.Optional(Millis),
            withinMs: Type.Optional(Millis),
          },
          { ...closed, minProperties: 1, description: "UTC ms, from `after` up to but without `before`" },
        ),
      ),
      inSync: Type.Optional(
        Type.Boolean({
          description:
            "Whether it runs what its last job was to bring; where that is not known, neither holds",
        }),
      ),
      and: Type.Optional(listOf(Self)),
      or: Type.Optional(listOf(Self)),
      not: Type.Optional(Self),
    },
    {
      ...closed,
      minProperties: 1,
      maxProperties: 1,
      $id: "VehicleSelection",
      description: "Which vehicles: exactly one condition. Retired vehicles are never selected.",
      examples: [
        { all: true },
        {
          and: [
            { models: ["Roadster"] },
            { not: { groups: ["press-cars"] } },
            { ecuVersion: { hardwareId: "NRF51-ENGINE", below: "2.0.0" } },
          ],
        },
      ],
    },
  ),
);

/** A selection by reference, for the schemas of routes. */
export const SelectionRef = ref({ ...VehicleSelection, $id: "VehicleSelection" });

const MAX_DEPTH = 8;
const MAX_CONDITIONS = 200;

/**
 * Bounds what a selection may cost; its shape is checked by the schema.
 * @throws {Refusal} SELECTION_TOO_LARGE with the path inside the selection
 */
export function checkSelection(selection: VehicleSelection): void {
  const used = { conditions: 0, values: 0 };
  const visit = (part: VehicleSelection, path: string, depth: number): void => {
    used.conditions += 1;
    used.values += valuesOf(part);
    const refuse = (reason: string): Refusal => new Refusal("SELECTION_TOO_LARGE", { path, reason });
    if (depth > MAX_DEPTH) throw refuse(`it is nested more than ${MAX_DEPTH} deep`);
    if (used.conditions > MAX_CONDITIONS) throw refuse(`there are more than ${MAX_CONDITIONS} conditions`);
    if (used.values > MAX_NAMED) throw refuse(`more than ${MAX_NAMED} values are listed`);
    if ("and" in part) part.and.forEach((inner, i) => visit(inner, `${path}/and/${i}`, depth + 1));
    if ("or" in part) part.or.forEach((inner, i) => visit(inner, `${path}/or/${i}`, depth + 1));
    if ("not" in part) visit(part.not, `${path}/not`, depth + 1);
  };
  visit(selection, "", 1);
}

function valuesOf(part: VehicleSelection): number {
  if ("attribute" in part) return part.attribute.in.length;
  const value: unknown = Object.values(part)[0];
  return Array.isArray(value) && !("and" in part || "or" in part) ? value.length : 1;
}
