import { setImmediate as nextTurn } from "node:timers/promises";
import { Type, type Static } from "typebox";
import type { Database } from "../db/database.ts";
import { CountsBy, countsBy } from "../vehicles/search/counts.ts";
import { VehicleId } from "../vehicles/schema.ts";
import { SelectionRef, type VehicleSelection } from "../vehicles/search/selection.ts";
import { assignSoftware, withSkipped, type Skipped } from "./assign.ts";
import { SKIP_REASONS } from "./schema.ts";
import { checkTarget, targeted, targetedAfter, type TargetContext } from "./targeting.ts";

const closed = { additionalProperties: false } as const;
const Count = Type.Integer({ minimum: 0 });

export const PreviewBody = Type.Object(
  {
    selection: SelectionRef,
    releaseId: Type.Optional(
      Type.String({ maxLength: 64, description: "With it, also how many vehicles would get this release" }),
    ),
  },
  closed,
);

/** What a selection holds now. */
export const SelectionPreview = Type.Object(
  {
    total: Count,
    byModel: CountsBy("model", Type.String()),
    byRegion: CountsBy("region", Type.String()),
    byYear: CountsBy("year", Type.Integer()),
    sample: Type.Array(VehicleId, { description: "The first ten by id" }),
    release: Type.Optional(
      Type.Object(
        {
          vehicles: Type.Integer({ minimum: 0, description: "Would get it" }),
          skipped: Type.Object(
            Object.fromEntries(SKIP_REASONS.map((reason) => [reason, Type.Optional(Count)])),
            { ...closed, description: "Would not, by reason" },
          ),
        },
        closed,
      ),
    ),
  },
  { ...closed, $id: "SelectionPreview" },
);
export type SelectionPreview = Omit<Static<typeof SelectionPreview>, "release"> & {
  release?: { vehicles: number; skipped: Skipped };
};

const SAMPLE = 10;

/**
 * Counts what a selection holds, and with a release, what a campaign of it would do with each vehicle.
 * @throws {Refusal} as `checkTarget`, and RELEASE_UNKNOWN
 */
export async function previewSelection(
  db: Database,
  selection: VehicleSelection,
  context: TargetContext,
  releaseId?: string,
): Promise<SelectionPreview> {
  await checkTarget(db, selection, context);
  const cube = await targeted(db, selection, context)
    .select((eb) => ["v.model", "v.region", "v.year", eb.fn.countAll().as("vehicles")])
    .groupBy(["v.model", "v.region", "v.year"])
    .execute();
  const cells = cube.map((cell) => ({ ...cell, vehicles: Number(cell.vehicles) }));
  return {
    total: cells.reduce((sum, { vehicles }) => sum + vehicles, 0),
    byModel: countsBy("model", cells),
    byRegion: countsBy("region", cells),
    byYear: countsBy("year", cells),
    sample: await targetedAfter(db, selection, context, { limit: SAMPLE }),
    ...(releaseId === undefined ? {} : { release: await previewRelease(db, selection, context, releaseId) }),
  };
}

const VEHICLES_AT_ONCE = 500;

async function previewRelease(
  db: Database,
  selection: VehicleSelection,
  context: TargetContext,
  releaseId: string,
): Promise<{ vehicles: number; skipped: Skipped }> {
  const { organisationId } = context;
  const campaign = { releaseId, revertsCampaignId: null };
  let skipped: Skipped = {};
  let vehicles = 0;
  let after: string | undefined;
  for (;;) {
    const page = { after, limit: VEHICLES_AT_ONCE };
    const ids: string[] = await targetedAfter(db, selection, context, page);
    const result = await assignSoftware({ tx: db, organisationId }, campaign, ids);
    vehicles += result.assigned.size;
    skipped = withSkipped(skipped, result.skipped);
    if (ids.length < VEHICLES_AT_ONCE) return { vehicles, skipped };
    after = ids.at(-1);
    // The embedded database answers at once: without a pause, nobody else would be served meanwhile.
    await nextTurn();
  }
}
