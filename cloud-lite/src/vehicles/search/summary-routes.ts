import type { App, Cloud } from "../../cloud.ts";
import { actorOf } from "../../plugins/admission.ts";
import { answer, answers, ref } from "../../plugins/answers.ts";
import { scopesFor } from "../scope.ts";
import { FleetSummary, summarise } from "./summary.ts";

type Summary = Awaited<ReturnType<typeof summarise>>;

/** How old a count may be that is shown again, ms. Pages that many people leave open cost one count in this time. */
const FRESH_MS = 10_000;
const KEPT = 100;

/** Numbers of the fleet, within the scopes of whoever asks. */
export function addSummaryRoute(app: App, cloud: Cloud): void {
  const counted = new Map<string, { at: number; summary: Promise<Summary> }>();

  const summaryOf = (organisationId: string, scopes: ReturnType<typeof scopesFor>): Promise<Summary> => {
    const at = cloud.now();
    const key = JSON.stringify([organisationId, scopes]);
    const known = counted.get(key);
    if (known && at - known.at < FRESH_MS) return known.summary;
    const summary = summarise(cloud.db, { organisationId, at, scopes });
    if (counted.size >= KEPT) counted.clear();
    counted.set(key, { at, summary });
    // What failed is not shown again.
    summary.catch(() => counted.delete(key));
    return summary;
  };

  app.get(
    "/api/v1/vehicles/summary",
    {
      schema: {
        tags: ["vehicles"],
        summary: "Count the fleet by status, presence, model, region, version and reason code",
        response: answers(ref(FleetSummary)),
      },
    },
    async (request) => {
      const { organisationId } = actorOf(request);
      return answer(cloud, request, await summaryOf(organisationId, scopesFor(request, "fleet.read")));
    },
  );
}
