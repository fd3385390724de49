import { Type, type Static } from "typebox";
import { Id } from "@halfshaft/ota-format";
import { scopesOf } from "../access/grants.ts";
import type { App, Cloud } from "../cloud.ts";
import { PageQuery, readPage } from "../db/cursor.ts";
import { sortParameter } from "../db/order.ts";
import { several, splitting, valuesOf } from "../db/several.ts";
import { wordsParameter } from "../db/words.ts";
import { operatorOf } from "../plugins/admission.ts";
import { answer, answers, answerWithETag, ref } from "../plugins/answers.ts";
import { ConditionalHeaders, writeIfMatch } from "../plugins/conditions.ts";
import { write, WriteHeaders } from "../plugins/writes.ts";
import { addBulkRoute } from "./bulk.ts";
import { createCampaign, reviseCampaign } from "./create.ts";
import { addMetricsRoute } from "./metrics-route.ts";
import { CAMPAIGN_VERBS } from "./life-cycle.ts";
import {
  Campaign,
  CAMPAIGN_KINDS,
  CAMPAIGN_STATES,
  CampaignBody,
  PhaseToBegin,
  PRIORITIES,
} from "./schema.ts";
import { isVisible, requireVisible } from "./reach.ts";
import { CAMPAIGN_ORDERS, listCampaigns } from "./store.ts";
import { actOnCampaign, VERBS } from "./verbs.ts";
import { readCampaign, viewsOf } from "./view.ts";

const Params = Type.Object({ campaignId: Id });
const tags = ["campaigns"];

const ListQuery = Type.Object(
  {
    ...PageQuery,
    sort: sortParameter(CAMPAIGN_ORDERS),
    state: several(Type.Enum(CAMPAIGN_STATES), "In this state"),
    kind: Type.Optional(Type.Enum(CAMPAIGN_KINDS, { description: "Of this kind" })),
    priority: Type.Optional(Type.Enum(PRIORITIES, { description: "Of this priority" })),
    releaseId: Type.Optional(Type.String({ ...Id, description: "Of this release" })),
    q: wordsParameter("the name", "spring"),
  },
  { additionalProperties: false },
);

/** Why somebody does it: kept in the audit log. The body may be left out. */
export const Why = Type.String({ minLength: 1, maxLength: 500, examples: ["Failures on the test bench"] });
const VerbBody = Type.Object({ why: Type.Optional(Why) }, { additionalProperties: false });

const NextPhaseBody = Type.Object(
  { phase: Type.Optional(PhaseToBegin), why: Type.Optional(Why) },
  { additionalProperties: false },
);
type AnyVerbBody = Partial<Static<typeof NextPhaseBody>>;

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
      write(cloud, request, reply, (work) => createCampaign(work, operatorOf(request), request.body), {
        status: 201,
      }),
  );

  app.put(
    "/api/v1/campaigns/:campaignId",
    {
      schema: {
        tags,
        summary: "Write a draft anew; who does so does not approve it",
        params: Params,
        headers: ConditionalHeaders,
        body: CampaignBody,
        response: answers(ref(Campaign)),
      },
    },
    (request, reply) => {
      const { campaignId } = request.params;
      return writeIfMatch(cloud, request, reply, {
        current: (work) => readCampaign(work.tx, work.organisationId, campaignId, work.at),
        change: (work, before) => reviseCampaign(work, operatorOf(request), before, request.body),
      });
    },
  );

  for (const verb of CAMPAIGN_VERBS) {
    const { permission, summary } = VERBS[verb];
    app.post(
      `/api/v1/campaigns/:campaignId/${verb}`,
      {
        config: { permission },
        // A body that is left out is an empty one.
        preValidation: async (request) => void (request.body ??= {}),
        schema: {
          tags,
          summary,
          params: Params,
          headers: WriteHeaders,
          body: verb === "nextPhase" ? NextPhaseBody : VerbBody,
          response: answers(ref(Campaign)),
        },
      },
      (request, reply) => {
        const { campaignId } = request.params;
        const body: AnyVerbBody = request.body;
        return write(cloud, request, reply, (work) =>
          actOnCampaign(cloud, work, operatorOf(request), { campaignId, verb, ...body }),
        );
      },
    );
  }
  addBulkRoute(app, cloud);
  addMetricsRoute(app, cloud);

  app.get(
    "/api/v1/campaigns",
    {
      preValidation: splitting("state"),
      schema: {
        tags,
        summary: "List the campaigns, filtered and sorted",
        querystring: ListQuery,
        response: answers(Type.Array(ref(Campaign))),
      },
    },
    async (request) => {
      const page = readPage(request.query);
      const { organisationId, grants } = operatorOf(request);
      const scopes = scopesOf(grants, "campaign.read");
      const at = cloud.now();
      const filter = { ...request.query, states: valuesOf(request.query.state) };
      const { rows, nextCursor } = await listCampaigns(cloud.db, organisationId, page, filter, (row) =>
        isVisible(cloud.db, row, scopes, at),
      );
      const campaigns = await viewsOf(cloud.db, organisationId, rows, at, scopes);
      return answer(cloud, request, campaigns, nextCursor);
    },
  );

  app.get(
    "/api/v1/campaigns/:campaignId",
    {
      schema: {
        tags,
        summary: "Read a campaign with its phases and the numbers of their jobs",
        params: Params,
        response: answers(ref(Campaign)),
      },
    },
    async (request, reply) => {
      const { organisationId, grants } = operatorOf(request);
      const { campaignId } = request.params;
      const scopes = scopesOf(grants, "campaign.read");
      const at = cloud.now();
      await requireVisible(cloud.db, organisationId, campaignId, scopes, at);
      const campaign = await readCampaign(cloud.db, organisationId, campaignId, at, scopes);
      return answerWithETag(cloud, request, reply, campaign);
    },
  );
}
