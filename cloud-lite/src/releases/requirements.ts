import type { Image, ImageRequirements, Release } from "@halfshaft/ota-format";
import type { Database } from "../db/database.ts";
import { Refusal } from "../refusals.ts";
import { currentVersionFits } from "./compatibility.ts";
import { type Candidate, describeConflict, solveDependencies } from "./dependencies.ts";

/**
 * Checks that there can be a vehicle that the release fits: what its images demand of the ECUs' present versions, of
 * each other, and of ECUs that the release does not change, must hold together with what was released before or is
 * reported by the fleet.
 * @throws {Refusal} REQUIREMENTS_UNMET with the chain that cannot hold, or REQUIREMENTS_TANGLED
 */
export async function checkSatisfiable(
  db: Database,
  organisationId: string,
  release: Release,
): Promise<void> {
  const { name, images } = release;
  if (images.every(({ requires }) => requires === undefined)) return;
  for (const image of images) await checkReachable(db, organisationId, name, image);
  const candidates = await candidatesOf(db, organisationId, images);
  const verdict = solveDependencies(
    images.map(({ hardwareId }) => hardwareId),
    candidates,
  );
  if (verdict === "fits") return;
  if (verdict === "tooTangled") throw new Refusal("REQUIREMENTS_TANGLED", { name });
  throw new Refusal("REQUIREMENTS_UNMET", { name, reason: describeConflict(verdict, candidates) });
}

/** Some version that an ECU can run today must be one that the image may replace. */
async function checkReachable(
  db: Database,
  organisationId: string,
  name: string,
  image: Image,
): Promise<void> {
  const { hardwareId, version, requires: { currentAtLeast, currentIs } = {} } = image;
  if (currentAtLeast === undefined && currentIs === undefined) return;
  const known = await knownVersions(db, organisationId, hardwareId);
  if (known.some((candidate) => currentVersionFits(candidate.version, image))) return;
  const wanted = [
    ...(currentAtLeast === undefined ? [] : [`at least ${currentAtLeast}`]),
    ...(currentIs === undefined ? [] : [`one of ${currentIs.join(", ")}`]),
  ];
  const reason = `${hardwareId} ${version} replaces ${wanted.join(" and ")}, which was never released or reported`;
  throw new Refusal("REQUIREMENTS_UNMET", { name, reason });
}

/** The release's own images, and what is known of every ECU type that a chain of demands leads to. */
async function candidatesOf(
  db: Database,
  organisationId: string,
  images: readonly Image[],
): Promise<Map<string, readonly Candidate[]>> {
  const candidates = new Map<string, readonly Candidate[]>(
    images.map((image) => [image.hardwareId, [image]]),
  );
  const open = images.flatMap(namedBy);
  for (const hardwareId of open) {
    if (candidates.has(hardwareId)) continue;
    const known = await knownVersions(db, organisationId, hardwareId);
    candidates.set(hardwareId, known);
    open.push(...known.flatMap(namedBy));
  }
  return candidates;
}

const namedBy = ({ requires }: Candidate): string[] =>
  (requires?.ecus ?? []).map(({ hardwareId }) => hardwareId);

/** What was released and not withdrawn, newest first, and what ECUs report besides. */
async function knownVersions(db: Database, organisationId: string, hardwareId: string): Promise<Candidate[]> {
  const released = await db
    .selectFrom("images as i")
    .innerJoin("releases as r", (join) =>
      join.onRef("r.organisationId", "=", "i.organisationId").onRef("r.releaseId", "=", "i.releaseId"),
    )
    .select(["i.version", "i.requires"])
    .where("i.organisationId", "=", organisationId)
    .where("i.hardwareId", "=", hardwareId)
    .where("r.state", "=", "published")
    .orderBy("i.versionKey", "desc")
    .execute();
  const reported = await db
    .selectFrom("ecus")
    .select("version")
    .distinct()
    .where("organisationId", "=", organisationId)
    .where("hardwareId", "=", hardwareId)
    .where("version", "is not", null)
    .orderBy("version", "desc")
    .execute();
  const known = new Map<string, Candidate>();
  for (const { version, requires } of released) {
    const parsed = requires === null ? {} : { requires: JSON.parse(requires) as ImageRequirements };
    known.set(version, { version, ...parsed });
  }
  for (const { version } of reported) {
    if (version !== null && !known.has(version)) known.set(version, { version });
  }
  return [...known.values()];
}
