import type { Selectable } from "kysely";
import { v7 as uuidv7 } from "uuid";
import type { ConsentPolicy, SafetyPolicy } from "@halfshaft/ota-format";
import type { Page } from "../db/cursor.ts";
import type { Database } from "../db/open.ts";
import type { Tables } from "../db/tables.ts";
import { JOB_STATUSES } from "../jobs/schema.ts";
import { Refusal } from "../refusals.ts";
import { present } from "../vehicles/store.ts";
import { SKIP_REASONS, type Campaign, type CampaignBody, type CampaignTarget } from "./schema.ts";

type CampaignRow = Selectable<Tables["campaigns"]>;

/** A campaign begins with one phase for all of its vehicles. */
export async function insertCampaign(
  tx: Database,
  organisationId: string,
  at: number,
  body: CampaignBody,
): Promise<Campaign> {
  const campaignId = uuidv7();
  await tx
    .insertInto("campaigns")
    .values({
      organisationId,
      campaignId,
      name: body.name,
      releaseId: body.releaseId,
      target: JSON.stringify(body.target),
      consent: JSON.stringify(body.consent),
      safetyPolicy: JSON.stringify(body.safetyPolicy),
      state: "draft",
      skipped: "{}",
      createdAt: at,
      startedAt: null,
      endedAt: null,
    })
    .execute();
  await tx
    .insertInto("phases")
    .values({ organisationId, phaseId: uuidv7(), campaignId, position: 1, name: "All", startedAt: null })
    .execute();
  return getCampaign(tx, organisationId, campaignId);
}

/** @throws {Refusal} CAMPAIGN_UNKNOWN */
export async function getCampaign(
  db: Database,
  organisationId: string,
  campaignId: string,
): Promise<Campaign> {
  const row = await db
    .selectFrom("campaigns")
    .selectAll()
    .where("organisationId", "=", organisationId)
    .where("campaignId", "=", campaignId)
    .executeTakeFirst();
  if (!row) throw new Refusal("CAMPAIGN_UNKNOWN", { campaignId });
  return (await withParts(db, organisationId, [row]))[0]!;
}

/** Newest first. */
export async function listCampaigns(db: Database, organisationId: string, page: Page): Promise<Campaign[]> {
  const rows = await db
    .selectFrom("campaigns")
    .selectAll()
    .where("organisationId", "=", organisationId)
    .$if(page.after !== undefined, (q) => q.where("campaignId", "<", page.after!))
    .orderBy("campaignId", "desc")
    .limit(page.limit + 1)
    .execute();
  return withParts(db, organisationId, rows);
}

async function withParts(
  db: Database,
  organisationId: string,
  rows: readonly CampaignRow[],
): Promise<Campaign[]> {
  const ids = rows.map((row) => row.campaignId);
  if (ids.length === 0) return [];
  const phases = await db
    .selectFrom("phases")
    .selectAll()
    .where("organisationId", "=", organisationId)
    .where("campaignId", "in", ids)
    .orderBy("position")
    .execute();
  const counts = await db
    .selectFrom("jobs")
    .select((eb) => ["campaignId", "status", eb.fn.countAll<number>().as("count")])
    .where("organisationId", "=", organisationId)
    .where("campaignId", "in", ids)
    .groupBy(["campaignId", "status"])
    .execute();
  return rows.map((row) => ({
    ...present({
      campaignId: row.campaignId,
      name: row.name,
      releaseId: row.releaseId,
      state: row.state,
      createdAt: row.createdAt,
      startedAt: row.startedAt,
      endedAt: row.endedAt,
    }),
    target: JSON.parse(row.target) as CampaignTarget,
    consent: JSON.parse(row.consent) as ConsentPolicy,
    safetyPolicy: JSON.parse(row.safetyPolicy) as SafetyPolicy,
    phases: phases
      .filter((phase) => phase.campaignId === row.campaignId)
      .map(({ phaseId, position, name, startedAt }) => present({ phaseId, position, name, startedAt })),
    jobs: tally(
      JOB_STATUSES,
      counts.filter((count) => count.campaignId === row.campaignId).map((c) => [c.status, c.count]),
    ),
    skipped: tally(SKIP_REASONS, Object.entries(JSON.parse(row.skipped) as Record<string, number>)),
  }));
}

/** Every key with its number, 0 where none was counted. */
function tally<K extends string>(
  keys: readonly K[],
  counted: readonly (readonly [string, number])[],
): Record<K, number> {
  const found = new Map(counted);
  return Object.fromEntries(keys.map((key) => [key, found.get(key) ?? 0])) as Record<K, number>;
}
