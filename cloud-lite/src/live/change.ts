import { Type, type Static } from "typebox";
import { Id, WallTime } from "@halfshaft/ota-format";
import type { Scope } from "../access/grants.ts";

const closed = { additionalProperties: false } as const;

/** One committed change, as a stream tells it: an entry of the audit log, and what it is about. */
export const Change = Type.Object(
  {
    seq: Type.Integer({ minimum: 1, description: "Without gaps, per organisation; the event id of streams" }),
    at: WallTime,
    action: Type.String({ examples: ["campaign.paused"] }),
    subject: Type.Object({ kind: Type.String(), id: Type.String() }, closed),
    vehicleId: Type.Optional(Type.String()),
    campaignId: Type.Optional(Id),
    /** What was changed; null where it was redacted. */
    change: Type.Unknown(),
    /** Who did it: on the stream of the audit log alone. */
    actor: Type.Optional(Type.Object({ kind: Type.String(), id: Type.String() }, closed)),
  },
  { ...closed, $id: "Change" },
);
export type Change = Static<typeof Change>;

/** A change together with what decides who may see it. */
export interface LocatedChange extends Change {
  readonly actor: { kind: string; id: string };
  readonly region: string | null;
  readonly model: string | null;
  /** Of a campaign itself: how far it may reach. */
  readonly reach?: readonly Scope[];
}

/** How far a job is: told while it happens and kept nowhere; the job itself is the truth. */
export interface Progress {
  readonly jobId: string;
  readonly vehicleId: string;
  readonly campaignId: string;
  readonly status: string;
  readonly stage: string | null;
  readonly at: number;
}

export interface LocatedProgress extends Progress {
  readonly region: string | null;
  readonly model: string | null;
}
