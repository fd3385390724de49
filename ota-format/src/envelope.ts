import { Type, type Static, type TSchema } from "typebox";
import { WallTime } from "./scalars.ts";

/** Every successful answer: `data`, `metadata`, `timestamp`. */
export const envelope = <T extends TSchema>(data: T) =>
  Type.Object(
    {
      data,
      metadata: Type.Object(
        { requestId: Type.String(), nextCursor: Type.Optional(Type.String()) },
        { additionalProperties: false },
      ),
      timestamp: WallTime,
    },
    { additionalProperties: false },
  );

/** Every refusal: problem details (RFC 9457) with a stable code and what to do. */
export const Problem = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer({ minimum: 400, maximum: 599 }),
    code: Type.String({ examples: ["VEHICLE_UNKNOWN"] }),
    detail: Type.String(),
    help: Type.String(),
    requestId: Type.String(),
  },
  { additionalProperties: false, $id: "Problem" },
);
export type Problem = Static<typeof Problem>;
