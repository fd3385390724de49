import type { FastifyRequest } from "fastify";
import { Type } from "typebox";
import { Id } from "@halfshaft/ota-format";
import type { Operator } from "../access/store.ts";
import type { App, Cloud } from "../cloud.ts";
import { operatorOf, requirePermission } from "../plugins/admission.ts";
import { answer, answers, ref } from "../plugins/answers.ts";
import { inTransaction } from "../plugins/writes.ts";
import { Refusal } from "../refusals.ts";
import type { Asked } from "./act.ts";
import { CAMPAIGN_VERBS } from "./life-cycle.ts";
import { Campaign, PhaseToBegin } from "./schema.ts";
import { actOnCampaign, VERBS } from "./verbs.ts";

const BulkBody = Type.Object(
  {
    campaignIds: Type.Array(Id, { minItems: 1, maxItems: 100 }),
    verb: Type.Enum(CAMPAIGN_VERBS),
    why: Type.Optional(Type.String({ minLength: 1, maxLength: 500 })),
    phase: Type.Optional(
      Type.String({ ...PhaseToBegin, description: "For nextPhase: name of the phase that is to begin" }),
    ),
  },
  { additionalProperties: false },
);

const BulkRow = Type.Object(
  {
    campaignId: Id,
    campaign: Type.Optional(ref(Campaign)),
    refusal: Type.Optional(
      Type.Object({ code: Type.String(), sentence: Type.String(), help: Type.String() }),
    ),
  },
  { additionalProperties: false },
);

/** One verb for many campaigns: each row is checked and carried out as if it were asked for alone. */
export function addBulkRoute(app: App, cloud: Cloud): void {
  app.post(
    "/api/v1/campaigns/bulk",
    {
      config: { permission: "campaign.read" },
      schema: {
        tags: ["campaigns"],
        summary: "Carry out a verb on many campaigns; each row is checked on its own",
        body: BulkBody,
        response: answers(Type.Array(BulkRow)),
      },
    },
    async (request) => {
      const actor = operatorOf(request);
      const { campaignIds, ...asked } = request.body;
      const rows = [];
      for (const campaignId of new Set(campaignIds)) {
        rows.push(await actOnRow(cloud, actor, request, { campaignId, ...asked }));
      }
      return answer(cloud, request, rows);
    },
  );
}

/** A row that fails does not keep the others from being carried out. */
async function actOnRow(cloud: Cloud, actor: Operator, request: FastifyRequest, asked: Asked) {
  const { campaignId, verb } = asked;
  try {
    requirePermission(actor, VERBS[verb].permission);
    const campaign = await inTransaction(cloud, actor, request.id, (work) =>
      actOnCampaign(cloud, work, actor, asked),
    );
    return { campaignId, campaign };
  } catch (error) {
    const refusal = error instanceof Refusal ? error : new Refusal("INTERNAL", {}, { cause: error });
    const { code, message: sentence, help, status } = refusal;
    if (status >= 500) request.log.error({ err: error, requestId: request.id, campaignId }, sentence);
    return { campaignId, refusal: { code, sentence, help } };
  }
}
