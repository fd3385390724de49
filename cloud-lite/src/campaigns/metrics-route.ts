import { Type } from "typebox";
import { Id, StageName, WallTime } from "@halfshaft/ota-format";
import type { App, Cloud } from "../cloud.ts";
import { operatorOf } from "../plugins/admission.ts";
import { answer, answers } from "../plugins/answers.ts";
import { metricsOf } from "./metrics.ts";
import { requireReach } from "./reach.ts";
import { NO_JOBS } from "./rates.ts";
import { getCampaignRow } from "./store.ts";

const closed = { additionalProperties: false } as const;
const Count = Type.Integer({ minimum: 0 });
const Rate = Type.Optional(Type.Number({ minimum: 0, maximum: 1 }));
const Millis = Type.Integer({ minimum: 0, description: "ms" });

const Numbers = {
  jobs: Type.Object(
    Object.fromEntries(Object.keys(NO_JOBS).map((key) => [key, Count])) as Record<
      keyof typeof NO_JOBS,
      typeof Count
    >,
    {
      ...closed,
      description: "Each vehicle with its latest attempt; silent and blocked ones are active, too",
    },
  ),
  rates: Type.Object(
    {
      judged: Count,
      success: Rate,
      failure: Rate,
      rollback: Rate,
      downloadFailure: Rate,
      silence: Rate,
    },
    {
      ...closed,
      description: "Shares of the vehicles that came to an end or fell silent on the way, 0 to 1",
    },
  ),
  steps: Type.Array(Type.Object({ stage: StageName, jobs: Count, p50Ms: Millis, p95Ms: Millis }, closed), {
    description: "How long each step took in the jobs that have ended",
  }),
};

const CampaignMetrics = Type.Object(
  {
    campaignId: Id,
    overall: Type.Object(Numbers, closed),
    phases: Type.Array(Type.Object({ phaseId: Id, name: Type.String(), ...Numbers }, closed)),
    progress: Type.Object(
      {
        bucketMs: Millis,
        points: Type.Array(
          Type.Object(
            {
              at: WallTime,
              succeeded: Count,
              failed: Count,
              rolledBack: Count,
              declined: Count,
              expired: Count,
            },
            closed,
          ),
        ),
      },
      { ...closed, description: "Jobs that ended in each span of time, by the cloud's clock" },
    ),
  },
  closed,
);

export function addMetricsRoute(app: App, cloud: Cloud): void {
  app.get(
    "/api/v1/campaigns/:campaignId/metrics",
    {
      schema: {
        tags: ["campaigns"],
        summary: "Rates, times of each step and progress, of a campaign and its phases",
        params: Type.Object({ campaignId: Id }),
        response: answers(CampaignMetrics),
      },
    },
    async (request) => {
      const actor = operatorOf(request);
      const { organisationId } = actor;
      const { campaignId } = request.params;
      const at = cloud.now();
      const campaign = await getCampaignRow(cloud.db, organisationId, campaignId);
      await requireReach(cloud.db, actor, "campaign.read", campaign, at);
      return answer(cloud, request, await metricsOf(cloud.db, organisationId, campaignId, at));
    },
  );
}
