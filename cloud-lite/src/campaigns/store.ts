import type { Selectable } from "kysely";
import { v7 as uuidv7 } from "uuid";
import type { ConsentPolicy, SafetyPolicy } from "@halfshaft/ota-format";
import type { Scope } from "../access/grants.ts";
import type { AskedPage, Listed } from "../db/cursor.ts";
import { cutPlaced, inOrder, placeOf, type Orders, type Placed } from "../db/order.ts";
import { hasWords } from "../db/words.ts";
import type { Database } from "../db/database.ts";
import type { Tables } from "../db/tables.ts";
import { Refusal } from "../refusals.ts";
import { HALT_DEFAULTS } from "./halt.ts";
import { PRIORITIES, type CampaignBody, type CampaignTarget, type PhaseBody } from "./schema.ts";

export type CampaignRow = Selectable<Tables["campaigns"]>;
export type PhaseRow = Selectable<Tables["phases"]>;

const SILENCE_MS = 24 * 60 * 60 * 1000;
const ONE_PHASE: readonly PhaseBody[] = [{ name: "All" }];

interface NewCampaign {
  readonly organisationId: string;
  readonly at: number;
  readonly body: CampaignBody;
  readonly authorId: string;
  readonly scopes: readonly Scope[];
  readonly revertsCampaignId?: string;
}

/** Makes a draft with its phases; without any it begins with one for all of its vehicles. */
export async function insertCampaign(tx: Database, given: NewCampaign): Promise<string> {
  const { organisationId, at, body } = given;
  const campaignId = uuidv7();
  await tx
    .insertInto("campaigns")
    .values({
      organisationId,
      campaignId,
      ...columnsOf(campaignId, body),
      state: "draft",
      skipped: "{}",
      createdAt: at,
      startedAt: null,
      endedAt: null,
      authorId: given.authorId,
      editorIds: "[]",
      approverId: null,
      approvedAt: null,
      scopes: JSON.stringify(given.scopes),
      haltedFor: null,
      revertsCampaignId: given.revertsCampaignId ?? null,
      retryAfter: null,
      retryBelow: null,
      settled: 0,
      steps: 0,
    })
    .execute();
  await insertPhases(tx, { organisationId, campaignId }, body);
  return campaignId;
}

/** By campaign that was rolled back: the one that brings its vehicles back; where one was aborted, the last one. */
export async function revertersOf(
  db: Database,
  organisationId: string,
  campaignIds: readonly string[],
): Promise<Map<string, string>> {
  if (campaignIds.length === 0) return new Map();
  const rows = await db
    .selectFrom("campaigns")
    .select(["campaignId", "revertsCampaignId"])
    .where("organisationId", "=", organisationId)
    .where("revertsCampaignId", "in", campaignIds)
    .orderBy("campaignId")
    .execute();
  return new Map(rows.map(({ campaignId, revertsCampaignId }) => [revertsCampaignId!, campaignId]));
}

/** Writes a draft anew: all of it, and its phases. */
export async function replaceDraft(
  tx: Database,
  campaign: CampaignRow,
  given: Pick<NewCampaign, "body" | "scopes"> & { readonly editorIds: readonly string[] },
): Promise<void> {
  const { organisationId, campaignId } = campaign;
  await changeCampaign(tx, campaign, {
    ...columnsOf(campaignId, given.body),
    scopes: JSON.stringify(given.scopes),
    editorIds: JSON.stringify(given.editorIds),
  });
  await tx
    .deleteFrom("phases")
    .where("organisationId", "=", organisationId)
    .where("campaignId", "=", campaignId)
    .execute();
  await insertPhases(tx, campaign, given.body);
}

/** The columns that say what was asked for. */
const columnsOf = (campaignId: string, body: CampaignBody) => ({
  name: body.name,
  releaseId: body.releaseId,
  target: JSON.stringify(body.target),
  consent: JSON.stringify(body.consent),
  safetyPolicy: JSON.stringify(body.safetyPolicy),
  kind: body.kind ?? "general",
  priority: PRIORITIES.indexOf(body.priority ?? "normal"),
  dynamic: body.dynamic ? (1 as const) : (0 as const),
  seed: body.seed ?? campaignId,
  halt: JSON.stringify({ ...HALT_DEFAULTS, ...body.halt }),
  silenceMs: body.silenceMs ?? SILENCE_MS,
  downloadBytesPerSecond: body.downloadBytesPerSecond ?? null,
  startAt: body.startAt ?? null,
});

async function insertPhases(
  tx: Database,
  { organisationId, campaignId }: Pick<CampaignRow, "organisationId" | "campaignId">,
  body: CampaignBody,
): Promise<void> {
  await tx
    .insertInto("phases")
    .values(
      (body.phases ?? ONE_PHASE).map(({ name, ...plan }, i) => ({
        organisationId,
        phaseId: uuidv7(),
        campaignId,
        position: i + 1,
        name,
        startedAt: null,
        plan: JSON.stringify(plan),
        rankBelow: null,
        cursor: null,
        filledAt: null,
        paceAt: null,
        sampledAt: null,
        skipped: "{}",
      })),
    )
    .execute();
}

/**
 * Takes a campaign for this transaction: on PostgreSQL nobody else changes its state or takes a step of it until the
 * commit; on SQLite nobody else writes at all.
 * @throws {Refusal} CAMPAIGN_UNKNOWN
 */
export async function lockCampaign(
  tx: Database,
  organisationId: string,
  campaignId: string,
): Promise<CampaignRow> {
  const row = await tx
    .updateTable("campaigns")
    .set((eb) => ({ steps: eb("steps", "+", 1) }))
    .where("organisationId", "=", organisationId)
    .where("campaignId", "=", campaignId)
    .returningAll()
    .executeTakeFirst();
  if (!row) throw new Refusal("CAMPAIGN_UNKNOWN", { campaignId });
  return row;
}

/** @throws {Refusal} CAMPAIGN_UNKNOWN */
export async function getCampaignRow(
  db: Database,
  organisationId: string,
  campaignId: string,
): Promise<CampaignRow> {
  const row = await db
    .selectFrom("campaigns")
    .selectAll()
    .where("organisationId", "=", organisationId)
    .where("campaignId", "=", campaignId)
    .executeTakeFirst();
  if (!row) throw new Refusal("CAMPAIGN_UNKNOWN", { campaignId });
  return row;
}

export const CAMPAIGN_ORDERS = {
  id: "campaignId",
  by: {
    createdAt: "id",
    name: { text: "name" },
    priority: { number: "priority" },
    startedAt: { number: "startedAt" },
    endedAt: { number: "endedAt" },
  },
  first: "-createdAt",
} as const satisfies Orders;

/** All that are given must hold. */
export interface CampaignFilter {
  readonly states?: readonly CampaignRow["state"][];
  readonly kind?: CampaignRow["kind"];
  readonly priority?: (typeof PRIORITIES)[number];
  readonly releaseId?: string;
  /** Words of the name. */
  readonly q?: string;
}

/** A page of the campaigns that fulfil the filter, and a condition which SQL cannot check. */
export async function listCampaigns(
  db: Database,
  organisationId: string,
  page: AskedPage,
  filter: CampaignFilter,
  holds: (row: CampaignRow) => Promise<boolean>,
): Promise<Listed<CampaignRow>> {
  const matching = matchingCampaigns(db, organisationId, filter);
  const found: Placed<CampaignRow>[] = [];
  let from = page;
  for (;;) {
    const rows = await inOrder(matching, from, CAMPAIGN_ORDERS);
    for (const row of rows) if (await holds(row)) found.push(row);
    if (found.length > page.limit || rows.length <= page.limit) return cutPlaced(found, page);
    const { id, key } = placeOf(rows.at(-1)!);
    from = { ...page, after: id, afterKey: key };
  }
}

const matchingCampaigns = (
  db: Database,
  organisationId: string,
  { states, kind, priority, releaseId, q: words }: CampaignFilter,
) =>
  db
    .selectFrom("campaigns")
    .selectAll()
    .where("organisationId", "=", organisationId)
    .$if(states !== undefined, (q) => q.where("state", "in", states!))
    .$if(kind !== undefined, (q) => q.where("kind", "=", kind!))
    .$if(priority !== undefined, (q) => q.where("priority", "=", PRIORITIES.indexOf(priority!)))
    .$if(releaseId !== undefined, (q) => q.where("releaseId", "=", releaseId!))
    .$if(words !== undefined, (q) => q.where(hasWords(["name"], words!)));

/** In order. */
export async function phasesOf(
  db: Database,
  organisationId: string,
  campaignIds: readonly string[],
): Promise<PhaseRow[]> {
  if (campaignIds.length === 0) return [];
  return db
    .selectFrom("phases")
    .selectAll()
    .where("organisationId", "=", organisationId)
    .where("campaignId", "in", campaignIds)
    .orderBy("campaignId")
    .orderBy("position")
    .execute();
}

export async function changeCampaign(
  tx: Database,
  { organisationId, campaignId }: Pick<CampaignRow, "organisationId" | "campaignId">,
  changes: Partial<CampaignRow>,
): Promise<void> {
  await tx
    .updateTable("campaigns")
    .set(changes)
    .where("organisationId", "=", organisationId)
    .where("campaignId", "=", campaignId)
    .execute();
}

export async function changePhase(
  tx: Database,
  { organisationId, phaseId }: Pick<PhaseRow, "organisationId" | "phaseId">,
  changes: Partial<PhaseRow>,
): Promise<void> {
  await tx
    .updateTable("phases")
    .set(changes)
    .where("organisationId", "=", organisationId)
    .where("phaseId", "=", phaseId)
    .execute();
}

/** What is kept as JSON. */
export const targetOf = (row: CampaignRow): CampaignTarget => JSON.parse(row.target) as CampaignTarget;
export const consentOf = (row: Pick<CampaignRow, "consent">): ConsentPolicy =>
  JSON.parse(row.consent) as ConsentPolicy;
export const safetyPolicyOf = (row: Pick<CampaignRow, "safetyPolicy">): SafetyPolicy =>
  JSON.parse(row.safetyPolicy) as SafetyPolicy;
/** Everybody who has written it. */
export const authorsOf = (row: CampaignRow): string[] => [
  ...(row.authorId === null ? [] : [row.authorId]),
  ...(JSON.parse(row.editorIds) as string[]),
];
export const scopesOfCampaign = (row: CampaignRow): Scope[] => JSON.parse(row.scopes) as Scope[];
export const planOf = (phase: PhaseRow): Omit<PhaseBody, "name"> =>
  JSON.parse(phase.plan) as Omit<PhaseBody, "name">;
