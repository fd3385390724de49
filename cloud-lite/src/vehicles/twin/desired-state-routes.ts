import { Type } from "typebox";
import {
  Configuration,
  DesiredState,
  EcuId,
  HardwareId,
  Id,
  MAX_STATE_BYTES,
  ReportedState,
  Version,
  WallTime,
} from "@halfshaft/ota-format";
import type { FastifyRequest } from "fastify";
import type { App, Cloud } from "../../cloud.ts";
import { cutPage, PageQuery, readPage } from "../../db/cursor.ts";
import type { Database } from "../../db/database.ts";
import { actorOf, vehicleOf } from "../../plugins/admission.ts";
import { answer, answers, answersWithETag, answerWithETag, ref } from "../../plugins/answers.ts";
import { ConditionalHeaders, writeIfMatch } from "../../plugins/conditions.ts";
import { inTransaction } from "../../plugins/writes.ts";
import { Refusal } from "../../refusals.ts";
import {
  checkSettings,
  checkSoftware,
  currentState,
  listStates,
  putState,
  readDesiredState,
  storeReportedState,
  type StateSubject,
} from "./desired-state-store.ts";
import { Group, VehicleId } from "../schema.ts";
import { isUnbounded, scopesFor, whereInScope } from "../scope.ts";
import { selectedVehicles } from "../search/selection-query.ts";
import { requireVehicle } from "./twin-access.ts";

const closed = { additionalProperties: false } as const;

export const StateBody = Type.Object(
  {
    software: Type.Optional(
      Type.Record(
        HardwareId,
        Type.Union([Type.Object({ version: Version }, closed), Type.Object({ releaseId: Id }, closed)]),
        {
          ...closed,
          maxProperties: 256,
          description: "What ECUs of this hardware should run; a campaign brings it to them",
          examples: [{ "NRF51-ENGINE": { version: "2.0.0" } }],
        },
      ),
    ),
    configuration: Type.Optional(
      Type.Object(
        {
          vehicle: Type.Optional(Configuration),
          ecus: Type.Optional(
            Type.Record(Type.Union([HardwareId, EcuId]), Configuration, {
              ...closed,
              maxProperties: 256,
              description: "By hardware id, for every such ECU, or by ECU id, for that one",
              examples: [{ "NRF51-ENGINE": { "idle.rpm": 800 } }],
            }),
          ),
        },
        { ...closed, description: "null takes a setting of a group away" },
      ),
    ),
  },
  { ...closed, $id: "StateBody" },
);

export const StateVersion = Type.Object(
  {
    version: Type.Integer({ minimum: 0, description: "0: none was written yet" }),
    state: ref(StateBody),
    createdAt: Type.Optional(WallTime),
    createdBy: Type.Optional(Type.String()),
  },
  { ...closed, $id: "StateVersion" },
);

/** Parameters of the routes of either kind. */
interface Named {
  readonly vehicleId?: string;
  readonly group?: string;
}

const tags = ["vehicles"];
const MERGE = "groups in order of name, then the vehicle; the later wins, setting by setting";

/** What vehicles should have: for one of them, or for a group. */
export function addDesiredStateRoutes(app: App, cloud: Cloud): void {
  const subjects = [
    {
      subjectKind: "vehicle",
      params: Type.Object({ vehicleId: VehicleId }),
      path: "/api/v1/vehicles/:vehicleId/desired-state",
      what: "a vehicle's own desired state",
    },
    {
      subjectKind: "group",
      params: Type.Object({ group: Group }),
      path: "/api/v1/groups/:group/desired-state",
      what: "a group's desired state",
    },
  ] as const;
  for (const { subjectKind, params, path, what } of subjects) {
    const subjectOf = ({ params: { vehicleId, group } }: { params: Named }): StateSubject => ({
      subjectKind,
      subjectId: vehicleId ?? group ?? "",
    });
    app.get(
      path,
      { schema: { tags, summary: `Read ${what}`, params, response: answersWithETag(ref(StateVersion)) } },
      async (request, reply) => {
        await requireSubject(cloud.db, request, subjectOf(request), "fleet.read");
        const { organisationId } = actorOf(request);
        const state = await currentState(cloud.db, organisationId, subjectOf(request));
        return answerWithETag(cloud, request, reply, state);
      },
    );
    app.put(
      path,
      {
        bodyLimit: MAX_STATE_BYTES,
        schema: {
          tags,
          summary: `Write ${what} as its next version; what counts: ${MERGE}`,
          params,
          headers: ConditionalHeaders,
          body: ref(StateBody),
          response: answers(ref(StateVersion)),
        },
      },
      (request, reply) => {
        const about = subjectOf(request);
        return writeIfMatch(cloud, request, reply, {
          async current(work) {
            await requireSubject(work.tx, request, about, "fleet.write");
            return currentState(work.tx, work.organisationId, about);
          },
          async change(work, current) {
            await checkSoftware(work.tx, work.organisationId, request.body.software);
            if (about.subjectKind === "vehicle") {
              const { configuration } = request.body;
              await checkSettings(work.tx, work.organisationId, about.subjectId, configuration?.ecus);
            }
            const actor = actorOf(request);
            const by = actor.kind === "operator" ? actor.principalId : actor.vehicleId;
            if (about.subjectKind === "vehicle") work.afterCommit(() => cloud.wakeUp(about.subjectId));
            return putState(work, about, current, request.body, by);
          },
        });
      },
    );
    app.get(
      `${path}/versions`,
      {
        schema: {
          tags,
          summary: `List all versions of ${what}, newest first`,
          params,
          querystring: Type.Object(PageQuery, closed),
          response: answers(Type.Array(ref(StateVersion))),
        },
      },
      async (request) => {
        await requireSubject(cloud.db, request, subjectOf(request), "fleet.read");
        const page = readPage(request.query);
        const { organisationId } = actorOf(request);
        const found = await listStates(cloud.db, organisationId, subjectOf(request), page);
        const { rows, nextCursor } = cutPage(found, page, ({ version }) => version);
        return answer(cloud, request, rows, nextCursor);
      },
    );
  }
  addDeviceStateRoutes(app, cloud);
}

/**
 * A group's state reaches vehicles of every region and model, so only who may do that writes it; who sees none of its
 * vehicles does not read it.
 */
async function requireSubject(
  db: Database,
  request: FastifyRequest,
  { subjectKind, subjectId }: StateSubject,
  permission: "fleet.read" | "fleet.write",
): Promise<void> {
  if (subjectKind === "vehicle") {
    await requireVehicle(db, actorOf(request), subjectId, permission);
    return;
  }
  const scopes = scopesFor(request, permission);
  if (isUnbounded(scopes)) return;
  if (permission === "fleet.write") throw new Refusal("GROUP_BEYOND_SCOPE", { group: subjectId });
  const context = { organisationId: actorOf(request).organisationId, at: 0 };
  const member = await whereInScope(selectedVehicles(db, { groups: [subjectId] }, context), scopes)
    .select("v.vehicleId")
    .limit(1)
    .executeTakeFirst();
  if (!member) throw new Refusal("VEHICLE_GROUP_UNKNOWN", { group: subjectId });
}

function addDeviceStateRoutes(app: App, cloud: Cloud): void {
  const config = { access: "vehicle" } as const;
  app.get(
    "/api/v1/device/desired-state",
    {
      config,
      schema: {
        tags: ["device"],
        summary: "What this vehicle should have; with If-None-Match cheap to ask often",
        response: answersWithETag(ref(DesiredState)),
      },
    },
    async (request, reply) => {
      const { organisationId, vehicleId } = vehicleOf(request);
      const state = await readDesiredState(cloud.db, organisationId, vehicleId);
      return answerWithETag(cloud, request, reply, state);
    },
  );
  app.put(
    "/api/v1/device/reported-state",
    {
      config,
      bodyLimit: MAX_STATE_BYTES,
      schema: {
        tags: ["device"],
        summary: "Report what became of the desired state",
        body: ref(ReportedState),
        response: answers(Type.Object({ receivedAt: WallTime }, closed)),
      },
    },
    async (request) => {
      const actor = vehicleOf(request);
      const receivedAt = await inTransaction(cloud, actor, request.id, async (work) => {
        await storeReportedState(work, actor.vehicleId, request.body);
        return work.at;
      });
      return answer(cloud, request, { receivedAt });
    },
  );
}
