import { Type, type Static } from "typebox";
import { HardwareId, Version } from "@halfshaft/ota-format";
import { Cursor, PageQuery } from "../../db/cursor.ts";
import { Group, Tag, Vin } from "../schema.ts";
import { PRESENCES, SelectionRef, VEHICLE_STATUSES, type VehicleSelection } from "./selection.ts";

/** What vehicles are sorted by, then by id; what is not known comes last, both ways. */
export const SORT_KEYS = ["vehicleId", "vin", "model", "year", "lastSeenAt"] as const;
export type SortKey = (typeof SORT_KEYS)[number];

const closed = { additionalProperties: false } as const;
const text = (description: string) =>
  Type.Optional(Type.String({ minLength: 1, maxLength: 64, description }));
const Millis = Type.Optional(Type.String({ pattern: "^\\d{1,15}$", description: "UTC ms" }));

const Order = {
  sort: Type.Optional(
    Type.Enum(
      SORT_KEYS.flatMap((key) => [key, `-${key}`] as const),
      { description: "Default vehicleId; with a minus, the other way round. Unknown values come last." },
    ),
  ),
  q: text("The beginning of a vehicle id or a VIN"),
};

export const VehicleListQuery = Type.Object(
  {
    ...PageQuery,
    ...Order,
    vin: Type.Optional(Vin),
    group: Type.Optional(Group),
    tag: Type.Optional(Tag),
    model: text("Exactly this model"),
    trim: text("Exactly this trim"),
    region: text("Exactly this region"),
    owner: text("Exactly this owner"),
    year: Type.Optional(Type.String({ pattern: "^\\d{4}$", description: "Model year" })),
    hardwareId: Type.Optional(HardwareId),
    versionAtLeast: Type.Optional(Version),
    versionBelow: Type.Optional(Version),
    status: Type.Optional(Type.Enum([...VEHICLE_STATUSES, "retired"])),
    presence: Type.Optional(Type.Enum(PRESENCES)),
    seenAfter: Millis,
    seenBefore: Millis,
  },
  closed,
);
export type VehicleListQuery = Static<typeof VehicleListQuery>;

export const VehicleSearchBody = Type.Object(
  {
    selection: SelectionRef,
    ...Order,
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, description: "Default 50" })),
    cursor: Cursor,
  },
  closed,
);

/** What is looked for, and in which order. */
export interface FleetSearch {
  readonly selection: VehicleSelection;
  /** The beginning of a vehicle id or a VIN. */
  readonly q?: string;
  /** Looks among the retired vehicles, which no selection has, in place of the others. */
  readonly retired: boolean;
  readonly sort: SortKey;
  readonly descending: boolean;
}

export function readOrder({ sort = "vehicleId" }: { sort?: string }): {
  sort: SortKey;
  descending: boolean;
} {
  const descending = sort.startsWith("-");
  const name = descending ? sort.slice(1) : sort;
  return { sort: SORT_KEYS.find((key) => key === name) ?? "vehicleId", descending };
}

/** The filters of a query string, each of which must hold. */
export function readSearch(query: VehicleListQuery): FleetSearch {
  const { hardwareId, versionAtLeast: atLeast, versionBelow: below, seenAfter, seenBefore, status } = query;
  const and: VehicleSelection[] = [];
  if (query.vin !== undefined) and.push({ vins: [query.vin] });
  if (query.group !== undefined) and.push({ groups: [query.group] });
  if (query.tag !== undefined) and.push({ tags: [query.tag] });
  if (query.model !== undefined) and.push({ models: [query.model] });
  if (query.trim !== undefined) and.push({ trims: [query.trim] });
  if (query.region !== undefined) and.push({ regions: [query.region] });
  if (query.owner !== undefined) and.push({ owners: [query.owner] });
  if (query.year !== undefined) and.push({ years: { from: Number(query.year), to: Number(query.year) } });
  if (atLeast !== undefined || below !== undefined) {
    and.push({ ecuVersion: { hardwareId, atLeast, below } });
  } else if (hardwareId !== undefined) and.push({ hardwareIds: [hardwareId] });
  if (status !== undefined && status !== "retired") and.push({ status: [status] });
  if (query.presence !== undefined) and.push({ presence: [query.presence] });
  if (seenAfter !== undefined || seenBefore !== undefined) {
    and.push({ lastSeen: { after: numberOf(seenAfter), before: numberOf(seenBefore) } });
  }
  return {
    selection: and.length === 0 ? { all: true } : { and },
    q: query.q,
    retired: status === "retired",
    ...readOrder(query),
  };
}

const numberOf = (text: string | undefined): number | undefined =>
  text === undefined ? undefined : Number(text);
