import { Type } from "typebox";
import { Id, Release } from "@halfshaft/ota-format";
import type { AuditAction } from "../audit/actions.ts";
import type { App, Cloud } from "../cloud.ts";
import { answers, ref } from "../plugins/answers.ts";
import { ConditionalHeaders, writeIfMatch } from "../plugins/conditions.ts";
import { write, WriteHeaders, type Work } from "../plugins/writes.ts";
import { Refusal } from "../refusals.ts";
import { publishRelease } from "./publish.ts";
import { ReleaseBody, ReleasePatch, WithdrawBody } from "./schema.ts";
import { campaignOf, deleteRelease, getRelease, insertRelease, updateRelease } from "./store.ts";
import { withdrawRelease } from "./withdraw.ts";

const Params = Type.Object({ releaseId: Id });
const tags = ["releases"];

/** A release from its first draft to its withdrawal. */
export function addDraftRoutes(app: App, cloud: Cloud): void {
  app.post(
    "/api/v1/releases",
    {
      schema: {
        tags,
        summary: "Begin a release: a draft without images",
        headers: WriteHeaders,
        body: ReleaseBody,
        response: answers(ref(Release), 201),
      },
    },
    (request, reply) =>
      write(
        cloud,
        request,
        reply,
        async (work) => {
          const release = await insertRelease(work.tx, work.organisationId, work.at, request.body);
          await note(work, "release.created", release.releaseId, { after: release });
          return release;
        },
        { status: 201 },
      ),
  );

  app.patch(
    "/api/v1/releases/:releaseId",
    {
      schema: {
        tags,
        summary: "Change name, headline, notes or RXSWIN of a draft",
        params: Params,
        headers: ConditionalHeaders,
        body: ReleasePatch,
        response: answers(ref(Release)),
      },
    },
    (request, reply) => {
      const { releaseId } = request.params;
      return writeIfMatch(cloud, request, reply, {
        current: (work) => getRelease(work.tx, work.organisationId, releaseId),
        async change(work, before) {
          requireDraft(before);
          const after = await updateRelease(work.tx, work.organisationId, releaseId, request.body);
          await note(work, "release.changed", releaseId, { before: textsOf(before), after: textsOf(after) });
          return after;
        },
      });
    },
  );

  app.delete(
    "/api/v1/releases/:releaseId",
    {
      schema: {
        tags,
        summary: "Delete a draft; what was published can only be withdrawn",
        params: Params,
        headers: ConditionalHeaders,
        response: answers(ref(Release)),
      },
    },
    (request, reply) => {
      const { releaseId } = request.params;
      return writeIfMatch(cloud, request, reply, {
        current: (work) => getRelease(work.tx, work.organisationId, releaseId),
        async change(work, before) {
          requireDraft(before);
          const campaignId = await campaignOf(work.tx, work.organisationId, releaseId);
          if (campaignId !== undefined)
            throw new Refusal("RELEASE_IN_USE", { name: before.name, campaignId });
          await deleteRelease(work.tx, work.organisationId, releaseId);
          await note(work, "release.deleted", releaseId, { before });
          return before;
        },
      });
    },
  );

  app.post(
    "/api/v1/releases/:releaseId/publish",
    {
      schema: {
        tags,
        summary: "Publish: sign the images; from then on nothing of the release changes",
        params: Params,
        headers: WriteHeaders,
        response: answers(ref(Release)),
      },
    },
    (request, reply) =>
      write(cloud, request, reply, (work) => publishRelease(cloud, work, request.params.releaseId)),
  );

  app.post(
    "/api/v1/releases/:releaseId/withdraw",
    {
      schema: {
        tags,
        summary: "Withdraw: offer it to no further vehicle, and pause its campaigns",
        params: Params,
        headers: WriteHeaders,
        body: WithdrawBody,
        response: answers(ref(Release)),
      },
    },
    (request, reply) =>
      write(cloud, request, reply, (work) =>
        withdrawRelease(work, request.params.releaseId, request.body.reason),
      ),
  );
}

/** @throws {Refusal} RELEASE_IMMUTABLE */
export function requireDraft({ name, state }: Release): void {
  if (state !== "draft") throw new Refusal("RELEASE_IMMUTABLE", { name, state });
}

const textsOf = ({ name, headline, notes, rxswin }: Release) => ({ name, headline, notes, rxswin });

const note = (work: Work, action: AuditAction, releaseId: string, payload: unknown): Promise<void> =>
  work.audit({ action, subjectKind: "release", subjectId: releaseId, payload });
