import { Type } from "typebox";
import type { App, Cloud } from "../cloud.ts";
import { problems } from "./answers.ts";
import { Refusal } from "../refusals.ts";

const Health = Type.Object({ status: Type.Literal("ok") }, { additionalProperties: false });
const open = (summary: string) =>
  ({
    config: { access: "anyone" },
    schema: { tags: ["operation"], summary, security: [], response: { 200: Health, ...problems } },
  }) as const;

/** `live`: the process answers. `ready`: it can also read its database. */
export function addHealth(app: App, cloud: Cloud): void {
  app.get("/health/live", open("Whether the process answers"), () => ({ status: "ok" as const }));
  for (const path of ["/health", "/health/ready"]) {
    app.get(path, open("Whether the cloud can do its work"), async () => {
      try {
        await cloud.db.selectFrom("organisations").select("organisationId").limit(1).execute();
      } catch (cause) {
        throw new Refusal("NOT_READY", { reason: "the database does not answer" }, { cause });
      }
      return { status: "ok" as const };
    });
  }
}
