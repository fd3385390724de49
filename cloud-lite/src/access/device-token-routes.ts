import type { FastifyRequest } from "fastify";
import { Type } from "typebox";
import { Id } from "@halfshaft/ota-format";
import type { App, Cloud } from "../cloud.ts";
import { readPage } from "../db/cursor.ts";
import type { Database } from "../db/database.ts";
import { actorOf } from "../plugins/admission.ts";
import { answer, answers, ref } from "../plugins/answers.ts";
import { write, WriteHeaders } from "../plugins/writes.ts";
import { DeviceToken, VehicleId } from "../vehicles/schema.ts";
import { requireVehicle } from "../vehicles/twin/twin-access.ts";
import {
  CredentialListQuery,
  deviceView,
  listCredentials,
  revokeCredential,
  rotateCredential,
  usableCredential,
} from "./credential-store.ts";
import type { Permission } from "./grants.ts";
import { DeviceCredential, RotationBody } from "./schema.ts";

const OfVehicle = Type.Object({ vehicleId: VehicleId });
const OfToken = Type.Object({ vehicleId: VehicleId, credentialId: Id });
const tags = ["vehicles"];
const PATH = "/api/v1/vehicles/:vehicleId/device-tokens";

/** The tokens of a vehicle besides issuing one: which there are, an end to one, another in its place. */
export function addDeviceTokenRoutes(app: App, cloud: Cloud): void {
  app.get(
    PATH,
    {
      schema: {
        tags,
        summary: "List a vehicle's device tokens, those that ended included; none shows its secret",
        params: OfVehicle,
        querystring: CredentialListQuery,
        response: answers(Type.Array(ref(DeviceCredential))),
      },
    },
    async (request) => {
      const holder = await vehicleHeld(cloud.db, request, "fleet.read");
      const page = readPage(request.query);
      const { rows, nextCursor } = await listCredentials(cloud.db, holder, page, request.query);
      return answer(cloud, request, rows.map(deviceView), nextCursor);
    },
  );

  app.post(
    `${PATH}/:credentialId/revoke`,
    {
      schema: {
        tags,
        summary: "Revoke a device token: it opens nothing from the next request on",
        params: OfToken,
        headers: WriteHeaders,
        response: answers(ref(DeviceCredential)),
      },
    },
    (request, reply) =>
      write(cloud, request, reply, async (work) => {
        const holder = await vehicleHeld(work.tx, request, "fleet.write");
        const row = await usableCredential(work.tx, holder, request.params.credentialId, work.at);
        await revokeCredential(work.tx, row, row.credentialId, work.at);
        await work.audit({
          action: "device-token.revoked",
          subjectKind: "vehicle",
          subjectId: holder.vehicleId,
          payload: { credentialId: row.credentialId },
        });
        return deviceView({ ...row, revokedAt: work.at });
      }),
  );

  app.post(
    `${PATH}/:credentialId/rotate`,
    {
      schema: {
        tags,
        summary: "Rotate a device token: a new one in its place, shown once",
        params: OfToken,
        headers: WriteHeaders,
        body: RotationBody,
        response: answers(ref(DeviceToken), 201),
      },
    },
    (request, reply) =>
      write(
        cloud,
        request,
        reply,
        async (work) => {
          const holder = await vehicleHeld(work.tx, request, "fleet.write");
          const row = await usableCredential(work.tx, holder, request.params.credentialId, work.at);
          const { credentialId, token } = await rotateCredential(
            work.tx,
            row,
            work.at,
            request.body.overlapMs,
          );
          await work.audit({
            action: "device-token.rotated",
            subjectKind: "vehicle",
            subjectId: holder.vehicleId,
            payload: { credentialId, replaces: row.credentialId },
          });
          return { credentialId, vehicleId: holder.vehicleId, token };
        },
        { status: 201, secret: true },
      ),
  );
}

/** @throws {Refusal} VEHICLE_UNKNOWN or OUTSIDE_SCOPE */
async function vehicleHeld(db: Database, request: FastifyRequest, permission: Permission) {
  const actor = actorOf(request);
  const { vehicleId } = request.params as { vehicleId: string };
  await requireVehicle(db, actor, vehicleId, permission);
  return { organisationId: actor.organisationId, vehicleId };
}
