import { Type, type Static } from "typebox";
import { OUTCOMES, STAGES } from "./steps.ts";
import { EcuId, Id, TraceParent, WallTime, Whole } from "./scalars.ts";
import { TransportEstimate } from "./transport.ts";

export const StageName = Type.Enum(STAGES);
export const OutcomeName = Type.Enum(OUTCOMES);

export const FailureReport = Type.Object(
  {
    code: Type.String({ pattern: "^[A-Z][A-Z_]{2,63}$" }),
    operands: Type.Record(Type.String(), Type.Union([Type.String(), Type.Number()])),
    ecuId: Type.Optional(EcuId),
  },
  { additionalProperties: false },
);

const FromOne = Type.Integer({ ...Whole, minimum: 1 });
const Milliseconds = Type.Number({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });

/** Fields of every event; `seq` is allocated in the synced write, a new journal starts a new epoch. */
const common = {
  eventId: Id,
  streamEpoch: Id,
  seq: FromOne,
  at: WallTime,
  monotonicMs: Milliseconds,
  bootId: Id,
  clockTrusted: Type.Boolean(),
  traceparent: Type.Optional(TraceParent),
};
const job = { jobId: Id, attempt: FromOne };

/** A stage began, ended or failed, for one ECU or the whole job. */
export const StageEvent = Type.Object(
  {
    ...common,
    ...job,
    type: Type.Literal("stage"),
    stage: StageName,
    kind: Type.Union([
      Type.Literal("started"),
      Type.Literal("done"),
      Type.Literal("failed"),
      Type.Literal("decision"),
    ]),
    ecuId: Type.Optional(EcuId),
    /** Milliseconds that the stage took, on `done` and `failed`. */
    durationMs: Type.Optional(Milliseconds),
    bytes: Type.Optional(Whole),
    /** On `download` and `flash` of an ECU: how its image travels, and what that was estimated to cost. */
    transport: Type.Optional(TransportEstimate),
    /** On `readiness`: what of the safety policy does not hold. */
    missing: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 64 }), { minItems: 1, maxItems: 16 }),
    ),
    decision: Type.Optional(Type.Union([Type.Literal("commit"), Type.Literal("revert")])),
    failure: Type.Optional(FailureReport),
  },
  { additionalProperties: false },
);

/** The end of a job: exactly one for each attempt. */
export const OutcomeEvent = Type.Object(
  {
    ...common,
    ...job,
    type: Type.Literal("outcome"),
    outcome: OutcomeName,
    failure: Type.Optional(FailureReport),
  },
  { additionalProperties: false },
);

/** The vehicle is there, and says when it will say so again. */
export const HeartbeatEvent = Type.Object(
  {
    ...common,
    type: Type.Literal("heartbeat"),
    jobId: Type.Optional(Id),
    intervalMs: Type.Optional(
      Type.Integer({ minimum: 1000, maximum: 86_400_000, description: "Time between two heartbeats, ms" }),
    ),
  },
  { additionalProperties: false },
);

/** One telemetry record; unique by `eventId`, ordered by `(vehicleId, streamEpoch, seq)`. */
export const Event = Type.Union([StageEvent, OutcomeEvent, HeartbeatEvent]);
export type StageEvent = Static<typeof StageEvent>;
export type OutcomeEvent = Static<typeof OutcomeEvent>;
export type HeartbeatEvent = Static<typeof HeartbeatEvent>;
export type Event = Static<typeof Event>;

/** `POST /api/v1/device/events`; resent batches are harmless. */
export const EventBatch = Type.Object(
  { events: Type.Array(Event, { minItems: 1, maxItems: 500 }) },
  { additionalProperties: false, $id: "EventBatch" },
);
export type EventBatch = Static<typeof EventBatch>;

export const EventBatchResult = Type.Object(
  { accepted: Type.Integer({ minimum: 0 }), duplicates: Type.Integer({ minimum: 0 }) },
  { additionalProperties: false, $id: "EventBatchResult" },
);
