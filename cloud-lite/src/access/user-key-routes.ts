import { Type } from "typebox";
import { Id } from "@halfshaft/ota-format";
import type { App, Cloud } from "../cloud.ts";
import { readPage } from "../db/cursor.ts";
import { actorOf } from "../plugins/admission.ts";
import { answer, answers, ref } from "../plugins/answers.ts";
import { write, WriteHeaders } from "../plugins/writes.ts";
import {
  CredentialListQuery,
  keyView,
  listCredentials,
  revokeCredential,
  usableCredential,
} from "./credential-store.ts";
import { ApiKey } from "./schema.ts";
import { getUser } from "./user-store.ts";

const tags = ["access"];
const PATH = "/api/v1/users/:userId/api-keys";

/** The keys of another person, for those who manage access: to see and to end, never to make. */
export function addUserKeyRoutes(app: App, cloud: Cloud): void {
  app.get(
    PATH,
    {
      schema: {
        tags,
        summary: "List a user's API keys, those that ended included",
        params: Type.Object({ userId: Id }),
        querystring: CredentialListQuery,
        response: answers(Type.Array(ref(ApiKey))),
      },
    },
    async (request) => {
      const { organisationId } = actorOf(request);
      const { userId } = await getUser(cloud.db, organisationId, request.params.userId);
      const page = readPage(request.query);
      const holder = { organisationId, userId };
      const { rows, nextCursor } = await listCredentials(cloud.db, holder, page, request.query);
      return answer(cloud, request, rows.map(keyView), nextCursor);
    },
  );

  app.post(
    `${PATH}/:credentialId/revoke`,
    {
      schema: {
        tags,
        summary: "Revoke an API key of a user",
        params: Type.Object({ userId: Id, credentialId: Id }),
        headers: WriteHeaders,
        response: answers(ref(ApiKey)),
      },
    },
    (request, reply) =>
      write(cloud, request, reply, async (work) => {
        const { userId, credentialId } = request.params;
        const holder = { organisationId: work.organisationId, userId };
        const row = await usableCredential(work.tx, holder, credentialId, work.at);
        await revokeCredential(work.tx, row, credentialId, work.at);
        const key = keyView({ ...row, revokedAt: work.at });
        await work.audit({
          action: "apiKey.revoked",
          subjectKind: "credential",
          subjectId: credentialId,
          payload: key,
        });
        return key;
      }),
  );
}
