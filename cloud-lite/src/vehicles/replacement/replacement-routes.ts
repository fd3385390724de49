import { Type, type Static } from "typebox";
import { EcuReport, HardwareId, Id, WallTime } from "@halfshaft/ota-format";
import type { App, Cloud } from "../../cloud.ts";
import { cutPage, PageQuery, readPage } from "../../db/cursor.ts";
import { actorOf } from "../../plugins/admission.ts";
import { answer, answers, ref } from "../../plugins/answers.ts";
import { write, WriteHeaders } from "../../plugins/writes.ts";
import { approveReplacement, rejectReplacement } from "./replacement-decision.ts";
import {
  formerEcu,
  getReplacement,
  listFleetReplacements,
  listReplacements,
  reportedEcu,
  type ReplacementRow,
} from "./replacement-store.ts";
import { VehicleId } from "../schema.ts";
import { scopesFor } from "../scope.ts";
import { present } from "../store.ts";
import { requireVehicle } from "../twin/twin-access.ts";

const closed = { additionalProperties: false } as const;

const State = Type.Enum(["open", "approved", "rejected", "resolved"], {
  description: "resolved: the vehicle reports what the twin knows again",
});

export const Replacement = Type.Object(
  {
    replacementId: Id,
    vehicleId: VehicleId,
    kind: Type.Union(
      [
        Type.Literal("replaced"),
        Type.Literal("hardwareChanged"),
        Type.Literal("added"),
        Type.Literal("missing"),
      ],
      { description: "How the ECUs that the vehicle reports differ from those of the twin" },
    ),
    name: Type.String({ examples: ["Engine control"] }),
    before: Type.Optional(
      Type.Object({ ecuId: Type.String(), name: Type.String(), hardwareId: HardwareId }, closed),
    ),
    after: Type.Optional(Type.Object(EcuReport.properties, closed)),
    state: State,
    detectedAt: WallTime,
    decidedAt: Type.Optional(WallTime),
    decidedBy: Type.Optional(Type.String()),
    why: Type.Optional(Type.String()),
  },
  { ...closed, $id: "Replacement" },
);
type Replacement = Static<typeof Replacement>;

const DecisionBody = Type.Object(
  {
    why: Type.Optional(
      Type.String({ minLength: 1, maxLength: 500, examples: ["Exchanged under warranty, order 4711"] }),
    ),
  },
  closed,
);

const tags = ["vehicles"];

/** ECUs that were exchanged, added or taken out: a person decides before the vehicle gets software again. */
export function addReplacementRoutes(app: App, cloud: Cloud): void {
  app.get(
    "/api/v1/vehicles/:vehicleId/replacements",
    {
      schema: {
        tags,
        summary: "List the ECU replacements that a vehicle reported, newest first",
        params: Type.Object({ vehicleId: VehicleId }),
        querystring: Type.Object(PageQuery, closed),
        response: answers(Type.Array(ref(Replacement))),
      },
    },
    async (request) => {
      const actor = actorOf(request);
      const { vehicleId } = request.params;
      await requireVehicle(cloud.db, actor, vehicleId, "fleet.read");
      const page = readPage(request.query);
      const found = await listReplacements(cloud.db, actor.organisationId, vehicleId, page);
      const { rows, nextCursor } = cutPage(found, page, (row) => row.replacementId);
      return answer(cloud, request, rows.map(view), nextCursor);
    },
  );

  app.get(
    "/api/v1/replacements",
    {
      schema: {
        tags,
        summary: "List the ECU replacements of the fleet, newest first; the open ones unless said otherwise",
        querystring: Type.Object({ ...PageQuery, state: Type.Optional(State) }, closed),
        response: answers(Type.Array(ref(Replacement))),
      },
    },
    async (request) => {
      const { organisationId } = actorOf(request);
      const { state = "open" } = request.query;
      const page = readPage(request.query);
      const scopes = scopesFor(request, "fleet.read");
      const found = await listFleetReplacements(cloud.db, organisationId, scopes, page, state);
      const { rows, nextCursor } = cutPage(found, page, (row) => row.replacementId);
      return answer(cloud, request, rows.map(view), nextCursor);
    },
  );

  const verbs = {
    approve: {
      summary: "Take the ECU that the vehicle reports into the twin, and let the vehicle go",
      run: approveReplacement,
    },
    reject: {
      summary: "Keep the twin as it is; the vehicle stays held until it reports the former ECU",
      run: rejectReplacement,
    },
  } as const;
  for (const [verb, { summary, run }] of Object.entries(verbs)) {
    app.post(
      `/api/v1/vehicles/:vehicleId/replacements/:replacementId/${verb}`,
      {
        schema: {
          tags,
          summary,
          params: Type.Object({ vehicleId: VehicleId, replacementId: Id }),
          headers: WriteHeaders,
          body: Type.Union([DecisionBody, Type.Null()]),
          response: answers(ref(Replacement)),
        },
      },
      (request, reply) =>
        write(cloud, request, reply, async (work) => {
          const actor = actorOf(request);
          const { vehicleId, replacementId } = request.params;
          await requireVehicle(work.tx, actor, vehicleId, "fleet.write");
          const by = actor.kind === "operator" ? actor.principalId : actor.vehicleId;
          await run(cloud, work, { vehicleId, replacementId, by, why: request.body?.why });
          return view(await getReplacement(work.tx, work.organisationId, vehicleId, replacementId));
        }),
    );
  }
}

function view(row: ReplacementRow): Replacement {
  const before = formerEcu(row);
  const { replacementId, vehicleId, kind, name, state, detectedAt, decidedAt, decidedBy, why } = row;
  const after = reportedEcu(row);
  return {
    ...present({ replacementId, vehicleId, kind, name, state, detectedAt, decidedAt, decidedBy, why }),
    ...(before ? { before: { ecuId: before.ecuId, name: before.name, hardwareId: before.hardwareId } } : {}),
    ...(after ? { after } : {}),
  };
}
