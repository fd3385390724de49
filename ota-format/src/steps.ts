/** The nine steps of a job: state names, file names, failure steps, event steps and the stages on both pages. */
export const STEPS = [
  "offer",
  "plan",
  "download",
  "verify",
  "patch",
  "flash",
  "activate",
  "confirm",
  "report",
] as const;
export type Step = (typeof STEPS)[number];

/** Named waits: states like the steps, for a person (`consent`, after plan) or the vehicle (`readiness`). */
export const WAITS = ["consent", "readiness"] as const;
export type Wait = (typeof WAITS)[number];

/** Where a job can stand. */
export type Stage = Step | Wait;
export const STAGES = [...STEPS, ...WAITS] as const satisfies readonly Stage[];

/** How a job ends. */
export const OUTCOMES = ["succeeded", "rolledBack", "failed", "declined", "expired"] as const;
export type Outcome = (typeof OUTCOMES)[number];
