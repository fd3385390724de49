import { sql } from "kysely";
import { Type, type Static } from "typebox";
import { Id } from "@halfshaft/ota-format";
import type { Database } from "../db/database.ts";

/** Ranges in an answer; a vehicle with more has a fault that the first ones show as well. */
export const MISSING_SHOWN = 100;
const EPOCHS_SHOWN = 100;

const closed = { additionalProperties: false } as const;
const Seq = Type.Integer({ minimum: 1, description: "Place in the stream of an epoch, from 1" });

/** What has come of a vehicle's events, and what has not. */
export const TelemetryStreams = Type.Object(
  {
    epochs: Type.Array(
      Type.Object(
        {
          epoch: Id,
          highest: Seq,
          stored: Type.Integer({ minimum: 1, description: "Events" }),
          lost: Type.Integer({ minimum: 0, description: "Events below the highest that have not come" }),
          missing: Type.Array(Type.Object({ from: Seq, to: Seq }, closed), {
            description: `Of these, lowest first; at most ${MISSING_SHOWN} ranges of all epochs together`,
          }),
        },
        closed,
      ),
      { description: "A new journal of the vehicle begins a new one; newest first" },
    ),
  },
  { ...closed, $id: "TelemetryStreams" },
);
export type TelemetryStreams = Static<typeof TelemetryStreams>;

/** The streams of a vehicle, with the gaps in them. Events that were archived count as gaps no more than as events. */
export async function telemetryStreams(
  db: Database,
  organisationId: string,
  vehicleId: string,
): Promise<TelemetryStreams> {
  const epochs = await db
    .selectFrom("events")
    .select((eb) => [
      "streamEpoch as epoch",
      eb.fn.max<number>("seq").as("highest"),
      eb.fn.countAll<number>().as("stored"),
    ])
    .where("organisationId", "=", organisationId)
    .where("vehicleId", "=", vehicleId)
    .groupBy("streamEpoch")
    .orderBy("streamEpoch", "desc")
    .limit(EPOCHS_SHOWN)
    .execute();
  const shown = epochs.map(({ epoch }) => epoch);
  const gaps = shown.length === 0 ? [] : await gapsIn(db, organisationId, vehicleId, shown);
  return {
    epochs: epochs.map(({ epoch, highest, stored }) => ({
      epoch,
      highest,
      stored,
      lost: highest - stored,
      missing: gaps.filter((gap) => gap.epoch === epoch).map(({ from, to }) => ({ from, to })),
    })),
  };
}

async function gapsIn(db: Database, organisationId: string, vehicleId: string, epochs: readonly string[]) {
  const placed = db
    .selectFrom("events")
    .select(["streamEpoch", "seq"])
    .select(sql<number>`coalesce(lag(seq) over (partition by stream_epoch order by seq), 0)`.as("previous"))
    .where("organisationId", "=", organisationId)
    .where("vehicleId", "=", vehicleId)
    .where("streamEpoch", "in", epochs);
  const rows = await db
    .selectFrom(placed.as("placed"))
    .select(["placed.streamEpoch", "placed.seq", "placed.previous"])
    .whereRef("placed.seq", ">", sql<number>`placed.previous + 1`)
    .orderBy("placed.streamEpoch", "desc")
    .orderBy("placed.seq")
    .limit(MISSING_SHOWN)
    .execute();
  return rows.map(({ streamEpoch, seq, previous }) => ({
    epoch: streamEpoch,
    from: previous + 1,
    to: seq - 1,
  }));
}
