import { Type } from "typebox";
import type { App, Cloud } from "../../cloud.ts";
import { actorOf } from "../../plugins/admission.ts";
import { answer, answers, ref } from "../../plugins/answers.ts";
import { readHealth, VehicleHealth } from "./health.ts";
import { VehicleId } from "../schema.ts";
import { scopesFor } from "../scope.ts";
import { findVehicleId } from "../store.ts";

export function addHealthRoute(app: App, cloud: Cloud): void {
  app.get(
    "/api/v1/vehicles/:vehicleId/health",
    {
      schema: {
        tags: ["vehicles"],
        summary: "Read how a vehicle is: presence, open job, reasons, clock and lost events",
        params: Type.Object({ vehicleId: VehicleId }),
        response: answers(ref(VehicleHealth)),
      },
    },
    async (request) => {
      const { organisationId } = actorOf(request);
      const { vehicleId } = request.params;
      await findVehicleId(cloud.db, organisationId, vehicleId, scopesFor(request, "fleet.read"));
      return answer(cloud, request, await readHealth(cloud.db, organisationId, vehicleId));
    },
  );
}
