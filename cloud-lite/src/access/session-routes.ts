import { Type } from "typebox";
import type { App, Cloud } from "../cloud.ts";
import { DEFAULT_ORGANISATION } from "../db/open.ts";
import { actorOf, operatorOf } from "../plugins/admission.ts";
import { answer, answers, ref } from "../plugins/answers.ts";
import { inTransaction } from "../plugins/writes.ts";
import { Refusal } from "../refusals.ts";
import { PERMISSIONS, scopesOf } from "./grants.ts";
import { limitLogins } from "./login-limits.ts";
import { checkPassword, hashPassword, passwordMatches } from "./passwords.ts";
import { Me, PasswordText, Session, UserName } from "./schema.ts";
import { issueToken } from "./store.ts";
import { revokeCredential } from "./credential-store.ts";
import { findUser, findUserNamed, getUser, grantsOfUser, setPassword } from "./user-store.ts";

const tags = ["access"];
const Done = Type.Object({}, { additionalProperties: false });

/** Logging in and out, and what the one who asks is and may. */
export function addSessionRoutes(app: App, cloud: Cloud): void {
  const limit = limitLogins(app);
  const organisationId = DEFAULT_ORGANISATION;

  app.post(
    "/api/v1/sessions",
    {
      config: { access: "anyone" },
      preHandler: (request, reply) => limit(request, reply),
      schema: {
        tags,
        summary: "Log in with name and password: a token that ends by itself",
        body: Type.Object({ name: UserName, password: PasswordText }, { additionalProperties: false }),
        response: answers(ref(Session), 201),
      },
    },
    async (request, reply) => {
      const { name, password } = request.body;
      const found = await findUserNamed(cloud.db, organisationId, name);
      const fits = await passwordMatches(password, found?.passwordHash);
      const grants = found && (await grantsOfUser(cloud.db, organisationId, found.userId));
      if (!fits || !found || !grants) {
        // Not the name that was typed: it may be a password in the wrong field.
        request.log.warn({ userId: found?.userId, address: request.ip }, "a log-in was refused");
        throw new Refusal("LOGIN_FAILED");
      }
      const { userId } = found;
      const self = {
        kind: "operator",
        organisationId,
        credentialId: userId,
        principalId: userId,
        grants,
      } as const;
      const session = await inTransaction(cloud, self, request.id, async (work) => {
        const expiresAt = work.at + cloud.config.sessionTtlMs;
        const issued = await issueToken(work.tx, {
          organisationId,
          kind: "session",
          label: "session",
          userId,
          expiresAt,
          at: work.at,
        });
        await work.audit({
          action: "session.opened",
          subjectKind: "user",
          subjectId: userId,
          payload: { credentialId: issued.credentialId, expiresAt },
        });
        return { token: issued.token, expiresAt, user: await getUser(work.tx, organisationId, userId) };
      });
      reply.code(201);
      return answer(cloud, request, session);
    },
  );

  app.post(
    "/api/v1/sessions/end",
    {
      config: { access: "signedIn" },
      schema: { tags, summary: "Log out: the session or key of this request ends", response: answers(Done) },
    },
    async (request) => {
      const actor = operatorOf(request);
      await inTransaction(cloud, actor, request.id, async (work) => {
        await revokeCredential(work.tx, actor, actor.credentialId, work.at);
        await work.audit({
          action: "session.ended",
          subjectKind: "user",
          subjectId: actor.principalId,
          payload: { credentialId: actor.credentialId },
        });
      });
      return answer(cloud, request, {});
    },
  );

  app.get(
    "/api/v1/me",
    {
      config: { access: "signedIn" },
      schema: { tags, summary: "Who asks, and what he may", response: answers(ref(Me)) },
    },
    async (request) => {
      const { principalId, credentialId, grants } = operatorOf(request);
      const user = await findUser(cloud.db, actorOf(request).organisationId, principalId);
      const permissions = PERMISSIONS.filter((permission) => scopesOf(grants, permission).length > 0);
      return answer(cloud, request, {
        principalId,
        credentialId,
        ...(user ? { user } : {}),
        grants,
        permissions,
      });
    },
  );

  app.post(
    "/api/v1/me/password",
    {
      config: { access: "signedIn" },
      preHandler: (request, reply) => limit(request, reply),
      schema: {
        tags,
        summary: "Change one's password; every session of the user ends",
        body: Type.Object({ current: PasswordText, password: PasswordText }, { additionalProperties: false }),
        response: answers(Done),
      },
    },
    async (request) => {
      const actor = operatorOf(request);
      const user = await findUser(cloud.db, actor.organisationId, actor.principalId);
      if (!user) throw new Refusal("USER_REQUIRED", { principalId: actor.principalId });
      const row = await findUserNamed(cloud.db, actor.organisationId, user.name);
      if (!(await passwordMatches(request.body.current, row?.passwordHash)))
        throw new Refusal("PASSWORD_WRONG");
      checkPassword(request.body.password, user.name);
      const hash = await hashPassword(request.body.password);
      await inTransaction(cloud, actor, request.id, async (work) => {
        await setPassword(work.tx, actor.organisationId, user.userId, work.at, hash);
        await work.audit({
          action: "user.passwordChanged",
          subjectKind: "user",
          subjectId: user.userId,
          payload: null,
        });
      });
      return answer(cloud, request, {});
    },
  );
}
