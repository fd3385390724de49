import type { FastifyRequest } from "fastify";
import { Type } from "typebox";
import { requireCovers } from "../access/scopes.ts";
import type { AuditAction } from "../audit/actions.ts";
import type { App, Cloud } from "../cloud.ts";
import { actorOf } from "../plugins/admission.ts";
import { answers, ref } from "../plugins/answers.ts";
import { ConditionalHeaders } from "../plugins/conditions.ts";
import { write, WriteHeaders, type Work } from "../plugins/writes.ts";
import { changeInventory, changesOf, requireSameInventory, vehicleEtag } from "./inventory-change.ts";
import { requireKnownHardware } from "./known-hardware.ts";
import { restoreVehicle, retireVehicle } from "./retirement.ts";
import { Vehicle, VehicleId, VehiclePatch } from "./schema.ts";
import { requireWithin } from "./scope.ts";
import { getVehicle } from "./store.ts";
import { checkTimeZone } from "./time-zone.ts";
import { checkVin } from "./vin.ts";

const Params = Type.Object({ vehicleId: VehicleId });
const tags = ["vehicles"];

/** What operators correct in a vehicle, and whether it is in use. */
export function addChangeRoutes(app: App, cloud: Cloud): void {
  app.patch(
    "/api/v1/vehicles/:vehicleId",
    {
      schema: {
        tags,
        summary: "Correct a vehicle: what is left out stays, null takes a value away",
        params: Params,
        headers: ConditionalHeaders,
        body: VehiclePatch,
        response: answers(ref(Vehicle)),
      },
    },
    (request, reply) =>
      write(cloud, request, reply, async (work) => {
        const before = await vehicleToChange(work, request);
        requireSameInventory(request.headers["if-match"], before);
        const { allowUnknownHardware, ...patch } = request.body;
        if (typeof patch.vin === "string") checkVin(patch.vin, cloud.config.vinPolicy);
        if (typeof patch.timeZone === "string") checkTimeZone(patch.timeZone);
        if (!allowUnknownHardware) {
          await requireKnownHardware(work.tx, work.organisationId, patch.ecus ?? []);
        }
        await changeInventory(work, before, patch);
        const after = await noteChange(work, "vehicle.changed", before);
        requireWithin(request, after);
        reply.header("etag", vehicleEtag(after));
        return after;
      }),
  );

  const verbs = [
    {
      verb: "retire",
      summary: "Retire a vehicle: nothing selects it, its tokens end, its history stays",
      action: "vehicle.retired",
      change: retireVehicle,
    },
    {
      verb: "restore",
      summary: "Bring a retired vehicle back into use; it needs a new token",
      action: "vehicle.restored",
      change: restoreVehicle,
    },
  ] as const;
  for (const { verb, summary, action, change } of verbs) {
    app.post(
      `/api/v1/vehicles/:vehicleId/${verb}`,
      { schema: { tags, summary, params: Params, headers: WriteHeaders, response: answers(ref(Vehicle)) } },
      (request, reply) =>
        write(cloud, request, reply, async (work) => {
          const before = await vehicleToChange(work, request);
          const isDone = (before.retiredAt !== undefined) === (verb === "retire");
          if (isDone) return before;
          await change(work, before);
          return noteChange(work, action, before);
        }),
    );
  }
}

/** @throws {Refusal} VEHICLE_UNKNOWN or OUTSIDE_SCOPE */
async function vehicleToChange(work: Work, request: FastifyRequest): Promise<Vehicle> {
  const { vehicleId } = request.params as { vehicleId: string };
  const vehicle = await getVehicle(work.tx, work.organisationId, vehicleId);
  requireCovers(actorOf(request), "fleet.write", vehicle);
  return vehicle;
}

async function noteChange(work: Work, action: AuditAction, before: Vehicle): Promise<Vehicle> {
  const { vehicleId } = before;
  const after = await getVehicle(work.tx, work.organisationId, vehicleId);
  const payload = changesOf(before, after);
  await work.audit({ action, subjectKind: "vehicle", subjectId: vehicleId, payload });
  return after;
}
