import { Type } from "typebox";
import type { App, Cloud } from "../cloud.ts";
import { actorOf } from "../plugins/admission.ts";
import { answer, answers, ref } from "../plugins/answers.ts";
import { VehicleId } from "../vehicles/schema.ts";
import { requireVehicle } from "../vehicles/twin/twin-access.ts";
import { TelemetryStreams, telemetryStreams } from "./gaps.ts";

/** What an operator sees of how telemetry comes in. */
export function addStreamRoutes(app: App, cloud: Cloud): void {
  app.get(
    "/api/v1/vehicles/:vehicleId/telemetry",
    {
      schema: {
        tags: ["vehicles"],
        summary: "Read how far a vehicle's events have come, and which are missing",
        params: Type.Object({ vehicleId: VehicleId }),
        response: answers(ref(TelemetryStreams)),
      },
    },
    async (request) => {
      const actor = actorOf(request);
      const { vehicleId } = request.params;
      await requireVehicle(cloud.db, actor, vehicleId, "fleet.read");
      const streams = await telemetryStreams(cloud.db, actor.organisationId, vehicleId);
      return answer(cloud, request, streams);
    },
  );
}
