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
    help: "What is possible now: {possible}.",
  },
  CAMPAIGN_NOBODY: {
    status: 409,
    sentence: 'Campaign "{name}" reaches no vehicle: {reason}.',
    help: "Check the target, the vehicles' ECUs and the versions that they run.",
  },
  CAMPAIGN_NOT_APPROVED: {
    status: 409,
    sentence: 'Campaign "{name}" is {state}: nobody has approved it yet.',
    help: "A draft is submitted first (POST …/submit); then somebody other than its author approves it (POST …/approve). Where one person runs the cloud alone, --four-eyes off waives this, and the audit log says so.",
  },
  CAMPAIGN_OWN_APPROVAL: {
    status: 403,
    sentence: 'Campaign "{name}" was written by {principalId}, who cannot approve it.',
    help: "Let another person approve it; another key of the same person does not count.",
  },
  CAMPAIGN_PHASE_UNKNOWN: {
    status: 404,
    sentence: 'Campaign "{name}" has no phase "{phase}".',
    help: "Send as phase the name or the phaseId of the one that is to begin; it has {phases}.",
  },
  CAMPAIGN_PHASE_NEEDED: {
    status: 422,
    sentence: 'Campaign "{name}" has more than one phase to begin: {phases}.',
    help: "Send as phase the one that is to begin, so that asking twice does not begin two.",
  },
  CAMPAIGN_PHASE_NOT_NEXT: {
    status: 409,
    sentence: 'Phase "{phase}" of campaign "{name}" cannot begin yet: "{next}" comes before it.',
    help: "Begin one phase after the other.",
  },
  CAMPAIGN_HALTED: {
    status: 409,
    sentence: 'Campaign "{name}" is paused, and not by a gate.',
    help: "Read haltedFor of the campaign and look at the vehicles that it names; then resume it.",
  },
  CAMPAIGN_OUT_OF_SCOPE: {
    status: 403,
    sentence: 'Campaign "{name}" reaches vehicles beyond the regions and models that you may {permission}.',
    help: "Ask somebody whose role covers all of its vehicles.",
  },
  DEADLINE_PAST: {
    status: 422,
    sentence: "The deadline {deadline} is past.",
    help: "Give a deadline that the vehicles can still meet, in UTC ms: write the draft anew (PUT; reject brings back one in review), or abort what was approved and make another campaign.",
  },
  CONSENT_UNFIT: {
    status: 422,
    sentence: "The consent policy cannot be kept: {reason}.",
    help: "Use silent, banner, or forced with a deadline, and a time of day only beside a deadline; a recall cannot wait for its drivers.",
  },
  SAFETY_UNFIT: {
    status: 422,
    sentence: "No vehicle can ever fulfil the safety policy: {reason}.",
    help: "Give a time window that ends at another time than it begins, and a minTemperatureC of at most maxTemperatureC.",
  },
  SAFETY_WEAKENED: {
    status: 422,
    sentence: "The safety policy is weaker than usual: {weaker}.",
    help: "Demand it again, or send acknowledgeWeakening with a reason; that needs the permission safety.weaken.",
  },
  ROLLBACK_COUNTER: {
    status: 409,
    sentence:
      "{ecu} of vehicle {vehicleId} would refuse version {version}: it has burned release counter {burned}, and that image has {offered}.",
    help: "Publish the old software again as a new version with a release counter of at least {burned}.",
  },
  ROLLBACK_NOBODY: {
    status: 409,
    sentence: 'Campaign "{name}" has updated no vehicle of which the jobs are still here.',
    help: "There is nothing to bring back. Where its jobs went to the archive, make a campaign with the older release.",
  },
  JOB_UNKNOWN: {
    status: 404,
    sentence: "There is no job {jobId}.",
    help: "List the jobs with GET /api/v1/jobs.",
  },
} as const satisfies Record<string, RefusalCode>;
