import type { Database } from "@halfshaft/cloud-lite";

/** What the cloud has acknowledged, as its clients remember it. */
export interface Acknowledged {
  readonly eventIds: Set<string>;
  readonly vehicleIds: Set<string>;
  /** State that a campaign was said to be in, and the one that a verb without an answer may have led to. */
  readonly campaign: { id: string; state: string; maybe?: string };
}

const IDS_AT_ONCE = 500;

/** What of it the database does not hold; empty where nothing was lost. */
export async function lostOf(
  db: Database,
  { eventIds, vehicleIds, campaign }: Acknowledged,
): Promise<string[]> {
  const events = await missing([...eventIds], async (ids) =>
    (await db.selectFrom("events").select("eventId as id").where("eventId", "in", ids).execute()).map(
      ({ id }) => id,
    ),
  );
  const vehicles = await missing([...vehicleIds], async (ids) =>
    (await db.selectFrom("vehicles").select("vehicleId as id").where("vehicleId", "in", ids).execute()).map(
      ({ id }) => id,
    ),
  );
  const { state } = await db
    .selectFrom("campaigns")
    .select("state")
    .where("campaignId", "=", campaign.id)
    .executeTakeFirstOrThrow();
  const isKept = state === campaign.state || state === campaign.maybe;
  return [
    ...events.map((id) => `event ${id}`),
    ...vehicles.map((id) => `vehicle ${id}`),
    ...(isKept ? [] : [`campaign is ${state}, not ${campaign.state}`]),
  ];
}

/** Jobs of which a vehicle has more than one in a campaign. */
export async function jobsTwice(db: Database): Promise<number> {
  const rows = await db
    .selectFrom("jobs")
    .select("vehicleId")
    .where("latest", "=", 1)
    .groupBy(["campaignId", "vehicleId"])
    .having((eb) => eb.fn.countAll(), ">", 1)
    .execute();
  return rows.length;
}

async function missing(
  ids: readonly string[],
  find: (ids: readonly string[]) => Promise<string[]>,
): Promise<string[]> {
  const found = new Set<string>();
  for (let from = 0; from < ids.length; from += IDS_AT_ONCE) {
    for (const id of await find(ids.slice(from, from + IDS_AT_ONCE))) found.add(id);
  }
  return ids.filter((id) => !found.has(id));
}
