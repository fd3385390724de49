import { Type } from "typebox";
import type { App, Cloud } from "../cloud.ts";
import { problems } from "./answers.ts";
import { Refusal } from "../refusals.ts";
import { within } from "../within.ts";

const Health = Type.Object({ status: Type.Literal("ok") }, { additionalProperties: false });
const open = (summary: string) =>
  ({
    config: { access: "anyone" },
    schema: { tags: ["operation"], summary, security: [], response: { 200: Health, ...problems } },
  }) as const;

/** Below the time that a load balancer waits. */
const ANSWER_MS = 3000;
/** A store elsewhere is not asked again by every balancer that asks this close together. */
const FRESH_MS = 5000;

/** `live`: the process answers. `ready`: database and artifact store do, too. */
export function addHealth(app: App, cloud: Cloud): void {
  app.get("/health/live", open("Whether the process answers"), () => ({ status: "ok" as const }));
  const requireReady = readiness(cloud);
  for (const path of ["/health", "/health/ready"]) {
    app.get(path, open("Whether the cloud can do its work"), async () => {
      await requireReady();
      return { status: "ok" as const };
    });
  }
}

/** @returns what throws NOT_READY with the names of the parts that do not answer */
function readiness({ db, artifacts, now }: Cloud): () => Promise<void> {
  const parts: readonly (readonly [string, () => Promise<unknown>])[] = [
    ["database", () => db.selectFrom("organisations").select("organisationId").limit(1).execute()],
    ["artifact store", keptFresh(() => artifacts.check?.() ?? Promise.resolve(), now)],
  ];
  return async () => {
    const answers = await Promise.allSettled(parts.map(([, ask]) => within(ANSWER_MS, ask())));
    const missing = parts.filter((_part, n) => answers[n]!.status === "rejected");
    if (missing.length === 0) return;
    const reason = missing.map(([name]) => `the ${name} does not answer`).join(", and ");
    const cause = answers.find((answer) => answer.status === "rejected")?.reason as unknown;
    throw new Refusal("NOT_READY", { reason }, { cause });
  };
}

/** Asks anew only after a while. */
function keptFresh(ask: () => Promise<void>, now: () => number): () => Promise<void> {
  let last: { readonly at: number; readonly answer: Promise<void> } | undefined;
  return () => {
    if (!last || now() - last.at > FRESH_MS) last = { at: now(), answer: ask() };
    return last.answer;
  };
}
