import { Type } from "typebox";
import { EcuId, HardwareId, Id, Sha256, Version, WallTime } from "@halfshaft/ota-format";
import type { App, Cloud } from "../../cloud.ts";
import { actorOf } from "../../plugins/admission.ts";
import { answersWithETag, answerWithETag, ref } from "../../plugins/answers.ts";
import { HELD_REASONS } from "../replacement/replacement-rules.ts";
import { VehicleId } from "../schema.ts";
import { requireVehicle } from "./twin-access.ts";
import { SYNC_REASONS, SYNC_STATES } from "./twin-rules.ts";
import { readTwin } from "./twin-store.ts";

const closed = { additionalProperties: false } as const;

const Setting = Type.Object(
  {
    key: Type.String({ examples: ["charging.limit"] }),
    state: Type.Enum(["applied", "pending", "refused"]),
    desired: Type.Unknown(),
    reported: Type.Optional(Type.Unknown()),
    reason: Type.Optional(Type.String({ description: "Why the vehicle refuses it" })),
  },
  closed,
);
const State = Type.Enum([...SYNC_STATES]);
const Reason = Type.Enum([...SYNC_REASONS, ...Object.values(HELD_REASONS), "replacementRejected" as const]);

const TwinEcu = Type.Object(
  {
    ecuId: EcuId,
    name: Type.String(),
    hardwareId: HardwareId,
    kind: Type.Enum(["uds", "gateway"]),
    state: State,
    reason: Reason,
    since: WallTime,
    desired: Type.Optional(
      Type.Object(
        {
          version: Version,
          sha256: Type.Optional(Sha256),
          source: Type.Enum(["desiredState", "job", "built"], {
            description: "Who says so: a desired state, else the last job that reached it, else the line",
          }),
          releaseId: Type.Optional(Id),
          jobId: Type.Optional(Id),
        },
        closed,
      ),
    ),
    reported: Type.Optional(
      Type.Object({ version: Type.Optional(Version), sha256: Type.Optional(Sha256), at: WallTime }, closed),
    ),
    configuration: Type.Array(Setting),
  },
  closed,
);

export const Twin = Type.Object(
  {
    vehicleId: VehicleId,
    state: Type.Enum([...SYNC_STATES], { description: "Of the worst ECU" }),
    since: Type.Optional(WallTime),
    reasons: Type.Array(Reason, { description: "Of the ECUs in that state" }),
    lastSeenAt: Type.Optional(WallTime),
    manifestAt: Type.Optional(WallTime),
    desiredRevision: Type.String(),
    reportedRevision: Type.Optional(
      Type.String({ description: "Of the desired state that the vehicle answered last" }),
    ),
    configuration: Type.Array(Setting),
    ecus: Type.Array(TwinEcu),
  },
  { ...closed, $id: "Twin" },
);

export function addTwinReadRoute(app: App, cloud: Cloud): void {
  app.get(
    "/api/v1/vehicles/:vehicleId/twin",
    {
      schema: {
        tags: ["vehicles"],
        summary: "Compare what a vehicle should have with what it reports",
        params: Type.Object({ vehicleId: VehicleId }),
        response: answersWithETag(ref(Twin)),
      },
    },
    async (request, reply) => {
      const actor = actorOf(request);
      const { vehicleId } = request.params;
      await requireVehicle(cloud.db, actor, vehicleId, "fleet.read");
      const twin = await readTwin(cloud.db, actor.organisationId, vehicleId);
      return answerWithETag(cloud, request, reply, twin);
    },
  );
}
