import { Type } from "typebox";
import { Id } from "@halfshaft/ota-format";
import type { AuditAction } from "../audit/actions.ts";
import type { App, Cloud } from "../cloud.ts";
import { PageQuery, readPage } from "../db/cursor.ts";
import { sortParameter } from "../db/order.ts";
import { wordsParameter } from "../db/words.ts";
import { actorOf } from "../plugins/admission.ts";
import { answer, answers, answerWithETag, ref } from "../plugins/answers.ts";
import { inTransaction, write, WriteHeaders, type Work } from "../plugins/writes.ts";
import { checkPassword, hashPassword } from "./passwords.ts";
import { PasswordText, User, UserBody, UserChange } from "./schema.ts";
import {
  changeUser,
  getUser,
  insertUser,
  listUsers,
  setActive,
  setPassword,
  USER_ORDERS,
} from "./user-store.ts";

const Params = Type.Object({ userId: Id });
const tags = ["access"];

/** Persons who may do something here, for those who manage access. */
export function addUserRoutes(app: App, cloud: Cloud): void {
  app.post(
    "/api/v1/users",
    {
      schema: {
        tags,
        summary: "Make a user; he can log in once he has a password",
        headers: WriteHeaders,
        body: UserBody,
        response: answers(ref(User), 201),
      },
    },
    (request, reply) =>
      write(
        cloud,
        request,
        reply,
        async (work) => {
          const user = await insertUser(work.tx, work.organisationId, work.at, request.body);
          await note(work, "user.created", user.userId, user);
          return user;
        },
        { status: 201 },
      ),
  );

  app.get(
    "/api/v1/users",
    {
      schema: {
        tags,
        summary: "List the users",
        querystring: Type.Object(
          {
            ...PageQuery,
            sort: sortParameter(USER_ORDERS),
            isActive: Type.Optional(
              Type.Enum(["true", "false"], { description: "false: those that were deactivated" }),
            ),
            q: wordsParameter("the name and the display name", "ada"),
          },
          { additionalProperties: false },
        ),
        response: answers(Type.Array(ref(User))),
      },
    },
    async (request) => {
      const page = readPage(request.query);
      const { isActive, q } = request.query;
      const filter = { q, ...(isActive === undefined ? {} : { isActive: isActive === "true" }) };
      const { organisationId } = actorOf(request);
      const { rows, nextCursor } = await listUsers(cloud.db, organisationId, page, filter);
      return answer(cloud, request, rows, nextCursor);
    },
  );

  app.get(
    "/api/v1/users/:userId",
    { schema: { tags, summary: "Read a user", params: Params, response: answers(ref(User)) } },
    async (request, reply) => {
      const user = await getUser(cloud.db, actorOf(request).organisationId, request.params.userId);
      return answerWithETag(cloud, request, reply, user);
    },
  );

  app.put(
    "/api/v1/users/:userId",
    {
      schema: {
        tags,
        summary: "Change a user's name, grants or groups; what is left out stays",
        params: Params,
        headers: WriteHeaders,
        body: UserChange,
        response: answers(ref(User)),
      },
    },
    (request, reply) =>
      write(cloud, request, reply, async (work) => {
        const { userId } = request.params;
        const before = await getUser(work.tx, work.organisationId, userId);
        const after = await changeUser(work.tx, work.organisationId, userId, request.body);
        await note(work, "user.changed", userId, { before, after });
        return after;
      }),
  );

  for (const verb of ["deactivate", "reactivate"] as const) {
    app.post(
      `/api/v1/users/:userId/${verb}`,
      {
        schema: {
          tags,
          summary: SUMMARIES[verb],
          params: Params,
          headers: WriteHeaders,
          response: answers(ref(User)),
        },
      },
      (request, reply) =>
        write(cloud, request, reply, async (work) => {
          const { userId } = request.params;
          const until = verb === "deactivate" ? work.at : null;
          const user = await setActive(work.tx, work.organisationId, userId, until);
          await note(work, `user.${verb}d`, userId, null);
          return user;
        }),
    );
  }
  addPasswordRoute(app, cloud);
}

const SUMMARIES = {
  deactivate: "Deactivate a user: his keys and sessions open nothing any more",
  reactivate: "Reactivate a user",
};

function addPasswordRoute(app: App, cloud: Cloud): void {
  app.post(
    "/api/v1/users/:userId/password",
    {
      schema: {
        tags,
        summary: "Set a user's password; his sessions end",
        params: Params,
        body: Type.Object({ password: PasswordText }, { additionalProperties: false }),
        response: answers(ref(User)),
      },
    },
    async (request) => {
      const actor = actorOf(request);
      const { organisationId } = actor;
      const { userId } = request.params;
      const { name } = await getUser(cloud.db, organisationId, userId);
      checkPassword(request.body.password, name);
      // Before the transaction, which others wait for. No Idempotency-Key: its fingerprint would outlive the password.
      const hash = await hashPassword(request.body.password);
      const user = await inTransaction(cloud, actor, request.id, async (work) => {
        await setPassword(work.tx, organisationId, userId, work.at, hash);
        await note(work, "user.passwordSet", userId, null);
        return getUser(work.tx, organisationId, userId);
      });
      return answer(cloud, request, user);
    },
  );
}

const note = (work: Work, action: AuditAction, userId: string, payload: unknown): Promise<void> =>
  work.audit({ action, subjectKind: "user", subjectId: userId, payload });
