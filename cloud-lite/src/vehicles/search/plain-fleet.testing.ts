import { compare } from "semver";
import { v7 as uuidv7 } from "uuid";
import type { Database } from "../../db/database.ts";
import type { JobStatus } from "../../jobs/schema.ts";
import { reportedVersionKey } from "../../releases/version-key.ts";
import { putMembers } from "../members.ts";
import type { PresenceFact, VehicleSelection, VehicleStatus } from "./selection.ts";

/** A vehicle as plain data: what a selection is about, told without SQL. */
export interface PlainVehicle {
  readonly vehicleId: string;
  readonly vin: string;
  readonly model: string | null;
  readonly trim: string | null;
  readonly region: string | null;
  readonly owner: string | null;
  readonly year: number | null;
  readonly groups: readonly string[];
  readonly tags: readonly string[];
  readonly battery: string | null;
  readonly presence: PresenceFact;
  readonly lastSeenAt: number | null;
  readonly held: boolean;
  readonly retired: boolean;
  readonly ecus: readonly {
    name: string;
    hardwareId: string;
    version: string | null;
    sha256: string | null;
  }[];
  /** Oldest first; the last one is what the vehicle should have. */
  readonly jobs: readonly { status: JobStatus; sha256: string }[];
}

/** The same seed gives the same fleet. */
export function randomFleet(size: number, seed: number): PlainVehicle[] {
  let state = seed;
  const below = (n: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
  const oneOf = <T>(...values: T[]): T => values[below(values.length)]!;
  const text = (letter: string): string | null => oneOf(null, `${letter}1`, `${letter}2`, `${letter}3`);
  const many = <T>(make: () => T, most: number): T[] => Array.from({ length: below(most + 1) }, make);
  return Array.from({ length: size }, (_, i) => ({
    vehicleId: `car-${i}`,
    vin: `VIN-${i}`,
    model: text("m"),
    trim: text("x"),
    region: text("r"),
    owner: text("o"),
    year: oneOf(null, 2020, 2021, 2022, 2023),
    groups: many(() => oneOf("g1", "g2", "g3"), 2),
    tags: many(() => oneOf("t1", "t2", "t3"), 2),
    battery: text("v"),
    presence: oneOf("online", "offline", "unknown"),
    lastSeenAt: oneOf(null, below(10_000)),
    held: below(6) === 0,
    retired: below(8) === 0,
    ecus: many(
      () => ({
        name: oneOf("e1", "e2"),
        hardwareId: oneOf("h1", "h2", "h3"),
        version: oneOf(null, "1.0.0", "1.4.9", "1.5.0-rc.1", "1.5.0", "2.0.0"),
        sha256: oneOf("a", "b", null),
      }),
      3,
    ),
    jobs: many(
      () => ({
        status: oneOf<JobStatus>("queued", "offered", "active", "succeeded", "failed", "rolledBack"),
        sha256: oneOf("a", "b"),
      }),
      2,
    ),
  }));
}

const WAITING = new Set<JobStatus>(["queued", "offered"]);
const FAILED = new Set<JobStatus>(["failed", "rolledBack"]);

function statusOf({ held, jobs, lastSeenAt }: PlainVehicle): VehicleStatus {
  if (held) return "held";
  if (jobs.some(({ status }) => status === "active")) return "updating";
  if (jobs.some(({ status }) => WAITING.has(status))) return "waiting";
  if (jobs.length > 0 && FAILED.has(jobs.at(-1)!.status)) return "failed";
  return lastSeenAt === null ? "new" : "idle";
}

const isIn = (values: readonly string[], value: string | null): boolean =>
  value !== null && values.includes(value);

/** The meaning of a selection. */
export function matches(vehicle: PlainVehicle, selection: VehicleSelection, at: number): boolean {
  return !vehicle.retired && holds(vehicle, selection, at);
}

function holds(vehicle: PlainVehicle, part: VehicleSelection, at: number): boolean {
  if ("and" in part) return part.and.every((inner) => holds(vehicle, inner, at));
  if ("or" in part) return part.or.some((inner) => holds(vehicle, inner, at));
  if ("not" in part) return !holds(vehicle, part.not, at);
  if ("all" in part) return true;
  if ("vehicleIds" in part) return isIn(part.vehicleIds, vehicle.vehicleId);
  if ("vins" in part) return isIn(part.vins, vehicle.vin);
  if ("models" in part) return isIn(part.models, vehicle.model);
  if ("trims" in part) return isIn(part.trims, vehicle.trim);
  if ("regions" in part) return isIn(part.regions, vehicle.region);
  if ("owners" in part) return isIn(part.owners, vehicle.owner);
  if ("groups" in part) return vehicle.groups.some((group) => part.groups.includes(group));
  if ("tags" in part) return vehicle.tags.some((tag) => part.tags.includes(tag));
  if ("attribute" in part) {
    return part.attribute.name === "battery" && isIn(part.attribute.in, vehicle.battery);
  }
  if ("years" in part) {
    const { from = -Infinity, to = Infinity } = part.years;
    return vehicle.year !== null && vehicle.year >= from && vehicle.year <= to;
  }
  if ("hardwareIds" in part) {
    return vehicle.ecus.some(({ hardwareId }) => part.hardwareIds.includes(hardwareId));
  }
  if ("ecuVersion" in part) {
    const { ecu, hardwareId, atLeast, below } = part.ecuVersion;
    return vehicle.ecus.some(
      ({ name, version, ...found }) =>
        version !== null &&
        (ecu ?? name) === name &&
        (hardwareId ?? found.hardwareId) === found.hardwareId &&
        (atLeast === undefined || compare(version, atLeast) >= 0) &&
        (below === undefined || compare(version, below) < 0),
    );
  }
  if ("status" in part) return part.status.includes(statusOf(vehicle));
  if ("presence" in part) return part.presence.includes(vehicle.presence);
  if ("lastSeen" in part) {
    const { after = 0, before = Infinity, withinMs = Infinity } = part.lastSeen;
    const { lastSeenAt } = vehicle;
    return lastSeenAt !== null && lastSeenAt >= after && lastSeenAt < before && lastSeenAt >= at - withinMs;
  }
  const wanted = vehicle.jobs.at(-1);
  return wanted !== undefined && runsWanted(vehicle.ecus[0], wanted.sha256) === part.inSync;
}

/** Undefined where it is not known; a job of no ECU asks for nothing. */
function runsWanted(ecu: PlainVehicle["ecus"][number] | undefined, sha256: string): boolean | undefined {
  if (!ecu) return true;
  if (ecu.sha256 !== null) return ecu.sha256 === sha256;
  return ecu.version === null ? undefined : ecu.version === WANTED_VERSION;
}

/** Of every job. */
const WANTED_VERSION = "1.0.0";

/** Writes the rows that such vehicles would have; the last job is about the first ECU. */
export async function storeFleet(
  db: Database,
  organisationId: string,
  vehicles: readonly PlainVehicle[],
): Promise<void> {
  for (const vehicle of vehicles) {
    const { vehicleId, groups, tags, battery, ecus, jobs, held, retired, presence, ...columns } = vehicle;
    const row = { organisationId, vehicleId };
    const jobIds = jobs.map(() => uuidv7());
    await db
      .insertInto("vehicles")
      .values({
        ...row,
        ...columns,
        presence: presence === "unknown" ? null : presence,
        timeZone: null,
        heldReason: held ? "ecuReplaced" : null,
        retiredAt: retired ? 1 : null,
        desiredJobId: jobIds.at(-1) ?? null,
        desiredRevision: 1,
        manifestAt: null,
        createdAt: 0,
      })
      .execute();
    const attributes: Record<string, string> = battery === null ? {} : { battery };
    await putMembers(db, organisationId, vehicleId, { groups: [...groups], tags: [...tags], attributes });
    for (const [position, { sha256, ...ecu }] of ecus.entries()) {
      await db
        .insertInto("ecus")
        .values({
          ...row,
          ...ecu,
          ecuId: `ecu-${position}`,
          position,
          kind: "uds",
          versionKey: reportedVersionKey(ecu.version),
          imageSha256: sha256,
        })
        .execute();
    }
    for (const [i, { status, sha256 }] of jobs.entries()) {
      await storeJob(db, { ...row, jobId: jobIds[i]!, status, sha256, attempt: i + 1 }, ecus.length > 0);
    }
  }
}

async function storeJob(
  db: Database,
  job: {
    organisationId: string;
    vehicleId: string;
    jobId: string;
    status: JobStatus;
    sha256: string;
    attempt: number;
  },
  hasEcu: boolean,
): Promise<void> {
  const { sha256, ...row } = job;
  await db
    .insertInto("jobs")
    .values({ ...row, campaignId: "c", phaseId: "p", releaseId: "r", createdAt: 0 })
    .execute();
  if (!hasEcu) return;
  await db
    .insertInto("jobEcus")
    .values({
      organisationId: row.organisationId,
      jobId: row.jobId,
      ecuId: "ecu-0",
      name: "e",
      hardwareId: "h1",
      imageId: "i",
      version: WANTED_VERSION,
      sha256,
      position: 0,
    })
    .execute();
}
