import { isFlashed } from "../journal/job-facts.ts";
import { activate } from "./activate.ts";
import { confirm } from "./confirm.ts";
import { consent } from "./consent.ts";
import type { UpdateDeps } from "./deps.ts";
import { download } from "./download.ts";
import { flash } from "./flash.ts";
import type { Steps } from "./machine.ts";
import { offer } from "./offer.ts";
import { patch } from "./patch.ts";
import { plan } from "./plan.ts";
import { readiness } from "./readiness.ts";
import { report } from "./report.ts";
import { verify } from "./verify.ts";

/** The steps of the machine, each from the file of its name, with what they work with. */
export function createSteps(deps: UpdateDeps): Steps {
  return {
    offer: (signal) => offer(deps, signal),
    plan: (input, signal) => plan(input, deps, signal),
    consent: (job, signal) => consent(job, deps, signal),
    download: (job, signal) => download(job, deps, signal),
    verify: (job, signal) => verify(job, deps, signal),
    patch: (job, signal) => patch(job, deps, signal),
    readiness: (job, signal) => readiness(job, isFlashed(deps.journal.facts), deps, signal),
    flash: (job, signal) => flash(job, deps, signal),
    activate: (job, signal) => activate(job, deps, signal),
    confirm: (job, signal) => confirm(job, deps, signal),
    report: (_offer, signal) => report(deps, signal),
  };
}
