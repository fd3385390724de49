import { Type } from "typebox";
import type { App, Cloud } from "../cloud.ts";
import { PageQuery, readPage } from "../db/cursor.ts";
import { sortParameter } from "../db/order.ts";
import { wordsParameter } from "../db/words.ts";
import { actorOf } from "../plugins/admission.ts";
import { answer, answers, ref } from "../plugins/answers.ts";
import { write, WriteHeaders } from "../plugins/writes.ts";
import { GROUP_ORDERS, listGroups, putGroup, removeGroup } from "./group-store.ts";
import { AccessGroup, Grants, GroupName } from "./schema.ts";
import { requireAnAdmin } from "./user-store.ts";

const Params = Type.Object({ name: GroupName });
const tags = ["access"];

/** Groups of grants: for users of this cloud, and for those whom an identity provider counts among them. */
export function addAccessGroupRoutes(app: App, cloud: Cloud): void {
  app.get(
    "/api/v1/access-groups",
    {
      schema: {
        tags,
        summary: "List the groups of grants",
        querystring: Type.Object(
          { ...PageQuery, sort: sortParameter(GROUP_ORDERS), q: wordsParameter("the name", "operators") },
          { additionalProperties: false },
        ),
        response: answers(Type.Array(ref(AccessGroup))),
      },
    },
    async (request) => {
      const page = readPage(request.query);
      const { organisationId } = actorOf(request);
      const { rows, nextCursor } = await listGroups(cloud.db, organisationId, page, request.query);
      return answer(cloud, request, rows, nextCursor);
    },
  );

  app.put(
    "/api/v1/access-groups/:name",
    {
      schema: {
        tags,
        summary: "Make a group of grants, or give it others",
        params: Params,
        headers: WriteHeaders,
        body: Type.Object({ grants: Grants }, { additionalProperties: false }),
        response: answers(ref(AccessGroup)),
      },
    },
    (request, reply) =>
      write(cloud, request, reply, async (work) => {
        const { name } = request.params;
        const group = await putGroup(work.tx, work.organisationId, work.at, name, request.body.grants);
        await requireAnAdmin(work.tx, work.organisationId);
        await work.audit({
          action: "accessGroup.changed",
          subjectKind: "accessGroup",
          subjectId: name,
          payload: group,
        });
        return group;
      }),
  );

  app.post(
    "/api/v1/access-groups/:name/remove",
    {
      schema: {
        tags,
        summary: "Remove a group: its members lose what it gave them",
        params: Params,
        headers: WriteHeaders,
        response: answers(ref(AccessGroup)),
      },
    },
    (request, reply) =>
      write(cloud, request, reply, async (work) => {
        const { name } = request.params;
        const group = await removeGroup(work.tx, work.organisationId, name);
        await requireAnAdmin(work.tx, work.organisationId);
        await work.audit({
          action: "accessGroup.removed",
          subjectKind: "accessGroup",
          subjectId: name,
          payload: group,
        });
        return group;
      }),
  );
}
