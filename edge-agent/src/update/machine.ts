import type { Offer } from "@halfshaft/ota-format";
import { assign, fromPromise, setup } from "xstate";
import type { WaitAnswer } from "../journal/fact.ts";
import type { Plan } from "./plan-types.ts";
import type { StartingPoint } from "./recover.ts";

/** What every step after `plan` works on. */
export interface Job {
  readonly offer: Offer;
  readonly plan: Plan;
}

/** The steps as the machine calls them; each one journals what it does and rejects where it failed. */
export interface Steps {
  offer(signal: AbortSignal): Promise<Offer | undefined>;
  plan(offer: Offer, signal: AbortSignal): Promise<Plan>;
  consent(job: Job, signal: AbortSignal): Promise<WaitAnswer>;
  download(job: Job, signal: AbortSignal): Promise<void>;
  verify(job: Job, signal: AbortSignal): Promise<void>;
  /** Answers whether some delta was of no use, so that full images are to be downloaded. */
  patch(job: Job, signal: AbortSignal): Promise<boolean>;
  readiness(job: Job, signal: AbortSignal): Promise<WaitAnswer>;
  /** Answers as `patch` does. */
  flash(job: Job, signal: AbortSignal): Promise<boolean>;
  activate(job: Job, signal: AbortSignal): Promise<void>;
  confirm(job: Job, signal: AbortSignal): Promise<void>;
  report(offer: Offer, signal: AbortSignal): Promise<void>;
}

export interface UpdateInput {
  readonly startAt: StartingPoint;
  readonly offer?: Offer;
  readonly plan?: Plan;
  /** Whether all inactive banks are written: what readiness is asked for. */
  readonly flashed?: boolean;
}

type Context = Omit<UpdateInput, "flashed"> & { readonly flashed: boolean };

/**
 * The life of one job: nine steps and two waits. States and arrows only; where a job goes on after a restart is
 * chosen by its facts (`recover.ts`), what a step does stands in the file of its name.
 */
export function createUpdateMachine(steps: Steps) {
  return setup({
    types: { context: {} as Context, input: {} as UpdateInput },
    actors: {
      offer: fromPromise<Offer | undefined>(({ signal }) => steps.offer(signal)),
      plan: fromPromise<Plan, Offer>(({ input, signal }) => steps.plan(input, signal)),
      consent: fromPromise<WaitAnswer, Job>(({ input, signal }) => steps.consent(input, signal)),
      download: fromPromise<void, Job>(({ input, signal }) => steps.download(input, signal)),
      verify: fromPromise<void, Job>(({ input, signal }) => steps.verify(input, signal)),
      patch: fromPromise<boolean, Job>(({ input, signal }) => steps.patch(input, signal)),
      readiness: fromPromise<WaitAnswer, Job>(({ input, signal }) => steps.readiness(input, signal)),
      flash: fromPromise<boolean, Job>(({ input, signal }) => steps.flash(input, signal)),
      activate: fromPromise<void, Job>(({ input, signal }) => steps.activate(input, signal)),
      confirm: fromPromise<void, Job>(({ input, signal }) => steps.confirm(input, signal)),
      report: fromPromise<void, Offer>(({ input, signal }) => steps.report(input, signal)),
    },
    guards: {
      startsAt: ({ context }, stage: StartingPoint) => context.startAt === stage,
      flashed: ({ context }) => context.flashed,
    },
  }).createMachine({
    id: "update",
    context: ({ input }) => ({ flashed: false, ...input }),
    initial: "begin",
    states: {
      begin: {
        always: [
          { guard: { type: "startsAt", params: "plan" }, target: "plan" },
          { guard: { type: "startsAt", params: "consent" }, target: "consent" },
          { guard: { type: "startsAt", params: "download" }, target: "download" },
          { guard: { type: "startsAt", params: "verify" }, target: "verify" },
          { guard: { type: "startsAt", params: "patch" }, target: "patch" },
          { guard: { type: "startsAt", params: "readiness" }, target: "readiness" },
          { guard: { type: "startsAt", params: "activate" }, target: "activate" },
          { guard: { type: "startsAt", params: "confirm" }, target: "confirm" },
          { guard: { type: "startsAt", params: "report" }, target: "report" },
          { target: "offer" },
        ],
      },
      offer: {
        invoke: {
          src: "offer",
          onDone: [
            {
              guard: ({ event }) => event.output !== undefined,
              target: "plan",
              actions: assign({ offer: ({ event }) => event.output }),
            },
            { target: "ended" },
          ],
          onError: "ended",
        },
      },
      plan: {
        invoke: {
          src: "plan",
          input: ({ context }) => context.offer!,
          onDone: [
            { guard: ({ event }) => event.output.ecus.length === 0, target: "report" },
            { target: "consent", actions: assign({ plan: ({ event }) => event.output }) },
          ],
          onError: "report",
        },
      },
      consent: {
        invoke: {
          src: "consent",
          input: jobOf,
          onDone: [
            { guard: ({ event }) => event.output === "ready", target: "download" },
            { target: "report" },
          ],
          onError: "report",
        },
      },
      download: { invoke: { src: "download", input: jobOf, onDone: "verify", onError: "report" } },
      verify: { invoke: { src: "verify", input: jobOf, onDone: "patch", onError: "report" } },
      patch: {
        invoke: {
          src: "patch",
          input: jobOf,
          onDone: [{ guard: ({ event }) => event.output, target: "download" }, { target: "readiness" }],
          onError: "report",
        },
      },
      readiness: {
        invoke: {
          src: "readiness",
          input: jobOf,
          onDone: [
            { guard: ({ event }) => event.output === "later", target: "consent" },
            { guard: ({ event }) => event.output === "declined", target: "report" },
            { guard: "flashed", target: "activate" },
            { target: "flash" },
          ],
          onError: "report",
        },
      },
      flash: {
        invoke: {
          src: "flash",
          input: jobOf,
          onDone: [
            { guard: ({ event }) => event.output, target: "download" },
            { target: "readiness", actions: assign({ flashed: true }) },
          ],
          onError: "report",
        },
      },
      // What was started is always decided upon: also a failure leads to confirm, which brings all ECUs back.
      activate: { invoke: { src: "activate", input: jobOf, onDone: "confirm", onError: "confirm" } },
      confirm: { invoke: { src: "confirm", input: jobOf, onDone: "report", onError: "report" } },
      report: {
        invoke: { src: "report", input: ({ context }) => context.offer!, onDone: "ended", onError: "ended" },
      },
      ended: { type: "final" },
    },
  });
}

function jobOf({ context }: { context: Context }): Job {
  return { offer: context.offer!, plan: context.plan! };
}
