import type { Database } from "../db/database.ts";
import { Refusal } from "../refusals.ts";
import type { EcuRow } from "../vehicles/store.ts";
import type { Assignment, OfferedImage } from "./rules.ts";
import type { SkipReason } from "./schema.ts";
import type { CampaignRow } from "./store.ts";

/** The jobs that a campaign brought to success, with each ECU's image and the published one that it ran before. */
const changes = (db: Database, organisationId: string, campaignId: string) =>
  db
    .selectFrom("jobs as j")
    .innerJoin("jobEcus as e", (join) =>
      join.onRef("e.organisationId", "=", "j.organisationId").onRef("e.jobId", "=", "j.jobId"),
    )
    .innerJoin("images as after", (join) =>
      join.onRef("after.organisationId", "=", "j.organisationId").onRef("after.imageId", "=", "e.imageId"),
    )
    .leftJoin("images as before", (join) =>
      join
        .onRef("before.organisationId", "=", "j.organisationId")
        .onRef("before.sha256", "=", "e.sha256Before")
        .onRef("before.hardwareId", "=", "e.hardwareId")
        .on("before.published", "=", 1),
    )
    .where("j.organisationId", "=", organisationId)
    .where("j.campaignId", "=", campaignId)
    .where("j.latest", "=", 1)
    .where("j.status", "=", "succeeded");

type Result =
  | { readonly releaseId: string; readonly assignments: Assignment<EcuRow>[] }
  | { readonly skip: SkipReason };

/**
 * What vehicles ran before a campaign updated them.
 * @returns a rule: what brings one of them back, all of its ECUs or none; none where one runs neither what the campaign
 * brought nor what was there before
 */
export async function previousSoftware(
  db: Database,
  organisationId: string,
  campaignId: string,
  vehicleIds: readonly string[],
): Promise<(vehicleId: string, ecus: readonly EcuRow[]) => Result> {
  const rows = await changes(db, organisationId, campaignId)
    .select(["j.vehicleId", "e.ecuId", "e.hardwareId", "e.sha256 as broughtSha256"])
    .select([
      "before.imageId",
      "before.releaseId",
      "before.version",
      "before.sha256",
      "before.releaseCounter",
    ])
    .where("j.vehicleId", "in", vehicleIds)
    .orderBy("e.position")
    .orderBy("before.imageId")
    .execute();
  const byVehicle = Map.groupBy(rows, (row) => row.vehicleId);
  return (vehicleId, ecus) => {
    const changed = byVehicle.get(vehicleId) ?? [];
    const assignments: Assignment<EcuRow>[] = [];
    for (const ecu of ecus) {
      const row = changed.find(({ ecuId }) => ecuId === ecu.ecuId);
      if (!row) continue;
      const { imageId, version, sha256, releaseCounter, hardwareId, broughtSha256 } = row;
      if (ecu.imageSha256 !== null && ecu.imageSha256 !== sha256 && ecu.imageSha256 !== broughtSha256) {
        return { skip: "changedSince" };
      }
      if (imageId === null) return { skip: "noPreviousImage" };
      if ((ecu.releaseCounter ?? 0) > releaseCounter!) return { skip: "releaseCounterTooLow" };
      const image: OfferedImage = {
        imageId,
        hardwareId,
        version: version!,
        sha256: sha256!,
        releaseCounter: releaseCounter!,
      };
      if (ecu.imageSha256 !== sha256) assignments.push({ ecu, image });
    }
    if (assignments.length === 0) return { skip: "upToDate" };
    return { releaseId: changed[0]!.releaseId!, assignments };
  };
}

/**
 * Refuses to bring vehicles back where an ECU has burned a counter above that of its previous image: it would not
 * take it.
 * @throws {Refusal} ROLLBACK_COUNTER names the first such ECU and both counters
 */
export async function refuseRollback(
  db: Database,
  { organisationId, campaignId }: Pick<CampaignRow, "organisationId" | "campaignId">,
): Promise<void> {
  const barred = await changes(db, organisationId, campaignId)
    .leftJoin("ecus as known", (join) =>
      join
        .onRef("known.organisationId", "=", "j.organisationId")
        .onRef("known.vehicleId", "=", "j.vehicleId")
        .onRef("known.ecuId", "=", "e.ecuId"),
    )
    .select(["j.vehicleId", "e.ecuId", "e.name"])
    .select(["before.version", "before.releaseCounter as offered", "after.releaseCounter as committed"])
    .select("known.releaseCounter as reported")
    .where((eb) =>
      eb.or([
        eb("before.releaseCounter", "<", eb.ref("after.releaseCounter")),
        eb("before.releaseCounter", "<", eb.ref("known.releaseCounter")),
      ]),
    )
    .orderBy("j.vehicleId")
    .orderBy("e.position")
    .limit(1)
    .executeTakeFirst();
  if (!barred) return;
  throw new Refusal("ROLLBACK_COUNTER", {
    vehicleId: barred.vehicleId,
    ecu: `${barred.name} (${barred.ecuId})`,
    version: barred.version!,
    offered: barred.offered!,
    burned: Math.max(barred.committed, barred.reported ?? 0),
  });
}

/** The release that most vehicles go back to: it names the campaign that does it. @throws {Refusal} ROLLBACK_NOBODY */
export async function previousRelease(
  db: Database,
  { organisationId, campaignId, name }: CampaignRow,
): Promise<string> {
  const row = await changes(db, organisationId, campaignId)
    .select((eb) => ["before.releaseId", eb.fn.countAll<number>().as("ecus")])
    .where("before.releaseId", "is not", null)
    .groupBy("before.releaseId")
    .orderBy("ecus", "desc")
    .orderBy("before.releaseId")
    .limit(1)
    .executeTakeFirst();
  if (!row) throw new Refusal("ROLLBACK_NOBODY", { name });
  return row.releaseId!;
}
