import type { RefusalCode } from "../refusal-code.ts";

/** Campaigns and jobs. */
export const CAMPAIGN_REFUSALS = {
  CAMPAIGN_UNKNOWN: {
    status: 404,
    sentence: "There is no campaign {campaignId}.",
    help: "List the campaigns with GET /api/v1/campaigns.",
  },
  CAMPAIGN_STATE: {
    status: 409,
    sentence: 'Campaign "{name}" is {state}; {verb} is not possible.',
    help: "Read the campaign for its state.",
  },
  CAMPAIGN_NOBODY: {
    status: 409,
    sentence: 'Campaign "{name}" reaches no vehicle: {reason}.',
    help: "Check the target, the vehicles' ECUs and the versions that they run.",
  },
  JOB_UNKNOWN: {
    status: 404,
    sentence: "There is no job {jobId}.",
    help: "List the jobs with GET /api/v1/jobs.",
  },
} as const satisfies Record<string, RefusalCode>;
