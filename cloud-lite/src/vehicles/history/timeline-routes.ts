import { Type } from "typebox";
import { Id, WallTime } from "@halfshaft/ota-format";
import type { App, Cloud } from "../../cloud.ts";
import { cutPage, PageQuery, readPage } from "../../db/cursor.ts";
import { actorOf } from "../../plugins/admission.ts";
import { answer, answers } from "../../plugins/answers.ts";
import { Refusal } from "../../refusals.ts";
import { VehicleId } from "../schema.ts";
import { readPlace, readTimeline, TIMELINE_KINDS, type TimelineKind } from "./timeline.ts";
import { requireVehicle } from "../twin/twin-access.ts";

const closed = { additionalProperties: false } as const;

const Entry = Type.Object(
  {
    at: WallTime,
    kind: Type.Enum([...TIMELINE_KINDS], {
      description: "vehicle: what operators and rules did; step: as the vehicle told it, by its own clock",
    }),
    what: Type.String({ examples: ["job.offered", "flash.done", "vehicle.held", "software.changed"] }),
    sentence: Type.String({ examples: ["Engine control 1.0.0 → 2.0.0."] }),
    jobId: Type.Optional(Id),
    actor: Type.Optional(
      Type.Object({ kind: Type.Enum(["operator", "vehicle", "cloud"]), id: Type.String() }, closed),
    ),
    detail: Type.Optional(Type.Unknown()),
  },
  closed,
);

export function addTimelineRoute(app: App, cloud: Cloud): void {
  app.get(
    "/api/v1/vehicles/:vehicleId/timeline",
    {
      schema: {
        tags: ["vehicles"],
        summary: "List everything that happened to a vehicle, newest first",
        params: Type.Object({ vehicleId: VehicleId }),
        querystring: Type.Object(
          {
            ...PageQuery,
            kind: Type.Optional(
              Type.String({
                maxLength: 64,
                description: `Only these, with commas: ${TIMELINE_KINDS.join(", ")}`,
                examples: ["software,job"],
              }),
            ),
          },
          closed,
        ),
        response: answers(Type.Array(Entry)),
      },
    },
    async (request) => {
      const actor = actorOf(request);
      const { vehicleId } = request.params;
      await requireVehicle(cloud.db, actor, vehicleId, "fleet.read");
      const page = readPage(request.query);
      const found = await readTimeline(cloud.db, {
        organisationId: actor.organisationId,
        vehicleId,
        kinds: kindsOf(request.query.kind),
        limit: page.limit,
        ...(page.after === undefined ? {} : { before: readPlace(page.after) }),
      });
      const { rows, nextCursor } = cutPage(found, page, ({ at, id }) => `${at}.${id}`);
      const entries = rows.map(({ id: _id, ...entry }) => entry);
      return answer(cloud, request, entries, nextCursor);
    },
  );
}

/** @throws {Refusal} TIMELINE_KIND_UNKNOWN */
function kindsOf(text: string | undefined): readonly TimelineKind[] {
  if (text === undefined) return TIMELINE_KINDS;
  return text.split(",").map((word) => {
    const kind = TIMELINE_KINDS.find((known) => known === word);
    if (kind === undefined) throw new Refusal("TIMELINE_KIND_UNKNOWN", { kind: word });
    return kind;
  });
}
