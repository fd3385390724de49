import { Type } from "typebox";
import { Id } from "@halfshaft/ota-format";
import type { App, Cloud } from "../cloud.ts";
import { cutPage, PageQuery, readPage } from "../db/cursor.ts";
import { actorOf } from "../plugins/admission.ts";
import { answer, answers, answerWithETag, ref } from "../plugins/answers.ts";
import { write, WriteHeaders } from "../plugins/writes.ts";
import { Refusal } from "../refusals.ts";
import { getRelease } from "../releases/store.ts";
import { actOnCampaign } from "./actions.ts";
import { CAMPAIGN_VERBS, type CampaignVerb } from "./rules.ts";
import { Campaign, CampaignBody } from "./schema.ts";
import { getCampaign, insertCampaign, listCampaigns } from "./store.ts";
import { checkTarget } from "./targeting.ts";

const Params = Type.Object({ campaignId: Id });
const tags = ["campaigns"];

const VERB_SUMMARY: Readonly<Record<CampaignVerb, string>> = {
  start: "Start: make the jobs and wake the vehicles",
  pause: "Pause: make no further offers; what has begun goes on",
  resume: "Resume",
  abort: "Abort: take back the offers that no vehicle has begun",
};

export function addCampaignRoutes(app: App, cloud: Cloud): void {
  app.post(
    "/api/v1/campaigns",
    {
      schema: {
        tags,
        summary: "Make a campaign: a draft",
        headers: WriteHeaders,
        body: CampaignBody,
        response: answers(ref(Campaign), 201),
      },
    },
    (request, reply) =>
      write(
        cloud,
        request,
        reply,
        async (work) => {
          const { body } = request;
          const release = await getRelease(work.tx, work.organisationId, body.releaseId);
          if (release.state !== "published") {
            throw new Refusal("RELEASE_NOT_PUBLISHED", { name: release.name, state: release.state });
          }
          await checkTarget(work.tx, body.target, work);
          const campaign = await insertCampaign(work.tx, work.organisationId, work.at, body);
          await work.audit({
            action: "campaign.created",
            subjectKind: "campaign",
            subjectId: campaign.campaignId,
            payload: campaign,
          });
          return campaign;
        },
        { status: 201 },
      ),
  );

  for (const verb of CAMPAIGN_VERBS) {
    app.post(
      `/api/v1/campaigns/:campaignId/${verb}`,
      {
        config: { permission: "campaign.operate" },
        schema: {
          tags,
          summary: VERB_SUMMARY[verb],
          params: Params,
          headers: WriteHeaders,
          response: answers(ref(Campaign)),
        },
      },
      (request, reply) =>
        write(cloud, request, reply, (work) => actOnCampaign(cloud, work, request.params.campaignId, verb)),
    );
  }

  app.get(
    "/api/v1/campaigns",
    {
      schema: {
        tags,
        summary: "List the campaigns, newest first",
        querystring: Type.Object(PageQuery, { additionalProperties: false }),
        response: answers(Type.Array(ref(Campaign))),
      },
    },
    async (request) => {
      const page = readPage(request.query);
      const found = await listCampaigns(cloud.db, actorOf(request).organisationId, page);
      const { rows, nextCursor } = cutPage(found, page, (row) => row.campaignId);
      return answer(cloud, request, rows, nextCursor);
    },
  );

  app.get(
    "/api/v1/campaigns/:campaignId",
    {
      schema: {
        tags,
        summary: "Read a campaign with the numbers of its jobs",
        params: Params,
        response: answers(ref(Campaign)),
      },
    },
    async (request, reply) => {
      const { organisationId } = actorOf(request);
      const campaign = await getCampaign(cloud.db, organisationId, request.params.campaignId);
      return answerWithETag(cloud, request, reply, campaign);
    },
  );
}
