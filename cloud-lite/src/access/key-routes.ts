import type { FastifyRequest } from "fastify";
import { Type } from "typebox";
import { Id } from "@halfshaft/ota-format";
import type { AuditAction } from "../audit/actions.ts";
import type { App, Cloud } from "../cloud.ts";
import { readPage } from "../db/cursor.ts";
import type { Database } from "../db/database.ts";
import { operatorOf } from "../plugins/admission.ts";
import { answer, answers, ref } from "../plugins/answers.ts";
import { write, WriteHeaders, type Work } from "../plugins/writes.ts";
import { Refusal } from "../refusals.ts";
import {
  CredentialListQuery,
  type CredentialRow,
  keyView,
  listCredentials,
  revokeCredential,
  rotateCredential,
  usableCredential,
} from "./credential-store.ts";
import { exceeding, type Grant } from "./grants.ts";
import { ApiKey, ApiKeyBody, IssuedKey, RotationBody } from "./schema.ts";
import { issueToken, type Operator } from "./store.ts";
import { findUser, grantsOfUser } from "./user-store.ts";

const Params = Type.Object({ credentialId: Id });
const tags = ["access"];
const config = { access: "signedIn" } as const;
const DAY_MS = 24 * 60 * 60 * 1000;
const LIFE_DAYS = 90;
const LONGEST_LIFE_DAYS = 400;

/** One's own API keys. A key acts as its person: who wrote a campaign cannot approve it with a key. */
export function addKeyRoutes(app: App, cloud: Cloud): void {
  app.post(
    "/api/v1/api-keys",
    {
      config,
      schema: {
        tags,
        summary: "Make an API key of one's own: for a part of what one may, and for a time",
        headers: WriteHeaders,
        body: ApiKeyBody,
        response: answers(ref(IssuedKey), 201),
      },
    },
    (request, reply) =>
      write(
        cloud,
        request,
        reply,
        async (work) => {
          const actor = operatorOf(request);
          const { label, grants = actor.grants, expiresAt = work.at + LIFE_DAYS * DAY_MS } = request.body;
          const user = await findUser(work.tx, actor.organisationId, actor.principalId);
          if (!user) throw new Refusal("USER_REQUIRED", { principalId: actor.principalId });
          requireHeld(grants, actor);
          requireExpiry(expiresAt, work.at);
          const { organisationId, principalId: userId } = actor;
          const { credentialId, token } = await issueToken(work.tx, {
            organisationId,
            kind: "operator",
            label,
            userId,
            grants,
            expiresAt,
            at: work.at,
          });
          const holder = { organisationId, userId };
          const key = keyView(await usableCredential(work.tx, holder, credentialId, work.at));
          await note(work, "apiKey.issued", key);
          return { ...key, token };
        },
        { status: 201, secret: true },
      ),
  );

  app.get(
    "/api/v1/api-keys",
    {
      config,
      schema: {
        tags,
        summary: "List one's API keys, those that ended included",
        querystring: CredentialListQuery,
        response: answers(Type.Array(ref(ApiKey))),
      },
    },
    async (request) => {
      const page = readPage(request.query);
      const holder = holderOf(operatorOf(request));
      const { rows, nextCursor } = await listCredentials(cloud.db, holder, page, request.query);
      return answer(cloud, request, rows.map(keyView), nextCursor);
    },
  );

  app.post(
    "/api/v1/api-keys/:credentialId/revoke",
    {
      config,
      schema: {
        tags,
        summary: "Revoke an API key: it opens nothing from the next request on",
        params: Params,
        headers: WriteHeaders,
        response: answers(ref(ApiKey)),
      },
    },
    (request, reply) =>
      write(cloud, request, reply, async (work) => {
        const row = await ownKey(work, request);
        await revokeCredential(work.tx, row, row.credentialId, work.at);
        const key = keyView({ ...row, revokedAt: work.at });
        await note(work, "apiKey.revoked", key);
        return key;
      }),
  );

  app.post(
    "/api/v1/api-keys/:credentialId/rotate",
    {
      config,
      schema: {
        tags,
        summary: "Rotate an API key: a new one in its place, for as long again",
        params: Params,
        headers: WriteHeaders,
        body: RotationBody,
        response: answers(ref(IssuedKey), 201),
      },
    },
    (request, reply) =>
      write(
        cloud,
        request,
        reply,
        async (work) => {
          const row = await ownKey(work, request);
          const actor = operatorOf(request);
          // Another key of one's own may more than the one that asks.
          if (row.credentialId !== actor.credentialId) requireHeld(await grantsOfKey(work.tx, row), actor);
          const { credentialId, token } = await rotateCredential(
            work.tx,
            row,
            work.at,
            request.body.overlapMs,
          );
          const key = keyView(await usableCredential(work.tx, holderOf(actor), credentialId, work.at));
          await note(work, "apiKey.rotated", { ...key, replaces: row.credentialId });
          return { ...key, token };
        },
        { status: 201, secret: true },
      ),
  );
}

const holderOf = ({ organisationId, principalId }: Operator) => ({ organisationId, userId: principalId });

/** @throws {Refusal} KEY_UNKNOWN */
const ownKey = (work: Work, request: FastifyRequest): Promise<CredentialRow> => {
  const { credentialId } = request.params as { credentialId: string };
  return usableCredential(work.tx, holderOf(operatorOf(request)), credentialId, work.at);
};

const grantsOfKey = async (tx: Database, row: CredentialRow): Promise<readonly Grant[]> =>
  row.grants === null
    ? ((await grantsOfUser(tx, row.organisationId, row.userId!)) ?? [])
    : (JSON.parse(row.grants) as Grant[]);

/** @throws {Refusal} GRANTS_EXCEEDED for the first grant that the credential which asks does not hold itself */
function requireHeld(grants: readonly Grant[], actor: Operator): void {
  const beyond = exceeding(grants, actor.grants);
  if (!beyond) return;
  const { regions, models } = beyond.scope;
  const parts = [regions && `regions ${regions.join(", ")}`, models && `models ${models.join(", ")}`];
  const scope = parts.filter((part) => part !== undefined).join(" and ") || "everything";
  throw new Refusal("GRANTS_EXCEEDED", { role: beyond.role, scope });
}

/** @throws {Refusal} EXPIRY_INVALID */
function requireExpiry(expiresAt: number, at: number): void {
  const isAllowed = expiresAt > at && expiresAt <= at + LONGEST_LIFE_DAYS * DAY_MS;
  if (isAllowed) return;
  const when = expiresAt > at ? `more than ${LONGEST_LIFE_DAYS} days from now` : "in the past";
  throw new Refusal("EXPIRY_INVALID", { when, days: LONGEST_LIFE_DAYS });
}

const note = (work: Work, action: AuditAction, key: ApiKey & { replaces?: string }): Promise<void> =>
  work.audit({ action, subjectKind: "credential", subjectId: key.credentialId, payload: key });
