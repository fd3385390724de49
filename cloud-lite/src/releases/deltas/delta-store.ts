import { v7 as uuidv7 } from "uuid";
import type { Image, Segment } from "@halfshaft/ota-format";
import { type DeltaFormat, NO_BASE } from "@halfshaft/ota-format/trust";
import type { Database } from "../../db/database.ts";
import { IMAGE_REPOSITORY } from "../../trust/image-repository.ts";
import { chooseBases, NO_BASE_IMAGE, retryPauseMs, type FleetVersions } from "./delta-rules.ts";
import { getDelta } from "./delta-list.ts";
import type { Delta } from "../schema.ts";

/** One for the gateway, one for the ECU. */
const FORMATS: readonly DeltaFormat[] = ["bsdiff40", "detools"];

/**
 * Asks for the deltas to these images that the fleet can use, and for the images compressed, as far as nobody asked for
 * them yet.
 */
export async function planDeltas(
  tx: Database,
  organisationId: string,
  at: number,
  images: readonly Image[],
): Promise<void> {
  for (const image of images) {
    const released = await tx
      .selectFrom("images")
      .select(["imageId", "sha256", "versionKey"])
      .where("organisationId", "=", organisationId)
      .where("hardwareId", "=", image.hardwareId)
      .where("published", "=", 1)
      .execute();
    const fleet = await fleetVersions(tx, organisationId, image.hardwareId);
    for (const { imageId: baseImageId } of chooseBases(image, released, fleet)) {
      for (const format of FORMATS) {
        await addPending(tx, organisationId, at, { imageId: image.imageId, baseImageId, format });
      }
    }
  }
  for (const { imageId } of images) {
    for (const format of FORMATS) {
      await addPending(tx, organisationId, at, { imageId, baseImageId: NO_BASE_IMAGE, format });
    }
  }
}

async function addPending(
  tx: Database,
  organisationId: string,
  at: number,
  pair: { imageId: string; baseImageId: string; format: DeltaFormat },
): Promise<void> {
  await tx
    .insertInto("deltas")
    .values({
      organisationId,
      deltaId: uuidv7(),
      ...pair,
      ...UNMADE,
      createdAt: at,
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

const UNMADE = {
  state: "pending",
  length: null,
  sha256: null,
  failure: null,
  failures: 0,
  retryAt: null,
  finishedAt: null,
} as const;

async function fleetVersions(
  tx: Database,
  organisationId: string,
  hardwareId: string,
): Promise<FleetVersions> {
  const rows = await tx
    .selectFrom("ecus")
    .select("imageSha256")
    .distinct()
    .where("organisationId", "=", organisationId)
    .where("hardwareId", "=", hardwareId)
    .execute();
  const digests = rows.map((row) => row.imageSha256);
  return {
    reported: new Set(digests.filter((digest) => digest !== null)),
    unreported: digests.includes(null),
  };
}

/** A delta or compressed image that waits to be made, with what it is made from. */
export interface PendingDelta {
  readonly organisationId: string;
  readonly deltaId: string;
  readonly format: DeltaFormat;
  /** Of the empty file for a compressed image. */
  readonly baseSha256: string;
  readonly baseLength: number;
  readonly sha256: string;
  readonly length: number;
  readonly segments: readonly Segment[];
  readonly failures: number;
}

/** The oldest of those whose time has come, deltas before compressed images: they save most. */
async function nextPending(db: Database, at: number): Promise<PendingDelta | undefined> {
  const row = await db
    .selectFrom("deltas as d")
    .innerJoin("images as i", "i.imageId", "d.imageId")
    .leftJoin("images as b", "b.imageId", "d.baseImageId")
    .select([
      "d.organisationId",
      "d.deltaId",
      "d.format",
      "b.sha256 as baseSha256",
      "b.length as baseLength",
      "i.sha256",
      "i.length",
      "i.segments",
      "d.failures",
    ])
    .where("d.state", "=", "pending")
    .where((where) => where.or([where("d.retryAt", "is", null), where("d.retryAt", "<=", at)]))
    .where((where) => where.or([where("d.claimedUntil", "is", null), where("d.claimedUntil", "<=", at)]))
    .orderBy((order) => order.case().when("d.baseImageId", "=", NO_BASE_IMAGE).then(1).else(0).end())
    .orderBy("d.deltaId")
    .limit(1)
    .executeTakeFirst();
  return (
    row && {
      ...row,
      segments: JSON.parse(row.segments) as Segment[],
      baseSha256: row.baseSha256 ?? NO_BASE.sha256,
      baseLength: row.baseLength ?? NO_BASE.length,
    }
  );
}

/** How long a claim holds without being renewed: then whoever had it has died. */
export const CLAIM_MS = 2 * 60_000;

/** Claims the next one, so that no other instance makes it too. */
export async function claimNext(db: Database, at: number): Promise<PendingDelta | undefined> {
  for (;;) {
    const next = await nextPending(db, at);
    if (!next || (await claim(db, next, at))) return next;
  }
}

/** @returns false where another instance was faster. */
async function claim(db: Database, { organisationId, deltaId }: PendingDelta, at: number): Promise<boolean> {
  const claimed = await db
    .updateTable("deltas")
    .set({ claimedUntil: at + CLAIM_MS })
    .where("organisationId", "=", organisationId)
    .where("deltaId", "=", deltaId)
    .where("state", "=", "pending")
    .where((where) => where.or([where("claimedUntil", "is", null), where("claimedUntil", "<=", at)]))
    .returning("deltaId")
    .executeTakeFirst();
  return claimed !== undefined;
}

/** Keeps a claim, or lets go of it with null. */
export async function holdUntil(
  db: Database,
  { organisationId, deltaId }: PendingDelta,
  claimedUntil: number | null,
): Promise<void> {
  await db
    .updateTable("deltas")
    .set({ claimedUntil })
    .where("organisationId", "=", organisationId)
    .where("deltaId", "=", deltaId)
    .execute();
}

/** Length and digest of a delta that is signed already, by its name in the Image repository. */
export async function findTransport(
  db: Database,
  organisationId: string,
  path: string,
): Promise<{ length: number; sha256: string } | undefined> {
  return db
    .selectFrom("tufTargets")
    .select(["length", "sha256"])
    .where("organisationId", "=", organisationId)
    .where("repository", "=", IMAGE_REPOSITORY)
    .where("path", "=", path)
    .executeTakeFirst();
}

/** @returns false where it is not pending any more: another instance made it when this one's claim had run out. */
export async function finishDelta(
  tx: Database,
  { organisationId, deltaId }: PendingDelta,
  at: number,
  { state, length, sha256 }: { state: "made" | "skipped"; length: number; sha256?: string },
): Promise<boolean> {
  const finished = await tx
    .updateTable("deltas")
    .set({
      state,
      length,
      sha256: sha256 ?? null,
      failure: null,
      retryAt: null,
      claimedUntil: null,
      finishedAt: at,
    })
    .where("organisationId", "=", organisationId)
    .where("deltaId", "=", deltaId)
    .where("state", "=", "pending")
    .returning("deltaId")
    .executeTakeFirst();
  return finished !== undefined;
}

/** Notes that making a delta has failed. @returns whether it is tried again. */
export async function failDelta(
  db: Database,
  { organisationId, deltaId, failures: before }: PendingDelta,
  at: number,
  failure: string,
): Promise<boolean> {
  const failures = before + 1;
  const pauseMs = retryPauseMs(failures);
  const next =
    pauseMs === undefined
      ? ({ state: "failed", retryAt: null, finishedAt: at } as const)
      : ({ state: "pending", retryAt: at + pauseMs } as const);
  await db
    .updateTable("deltas")
    .set({ ...next, failure, failures, claimedUntil: null })
    .where("organisationId", "=", organisationId)
    .where("deltaId", "=", deltaId)
    .execute();
  return pauseMs !== undefined;
}

/**
 * Lets a delta be made that was given up, or sooner than it would be.
 * @throws {Refusal} DELTA_UNKNOWN
 */
export async function retryDelta(
  tx: Database,
  organisationId: string,
  releaseId: string,
  deltaId: string,
): Promise<Delta> {
  const { state } = await getDelta(tx, organisationId, releaseId, deltaId);
  if (state === "failed" || state === "pending") {
    await tx
      .updateTable("deltas")
      .set(UNMADE)
      .where("organisationId", "=", organisationId)
      .where("deltaId", "=", deltaId)
      .execute();
  }
  return getDelta(tx, organisationId, releaseId, deltaId);
}
