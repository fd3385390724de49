import { Type } from "typebox";
import type { App, Cloud } from "../cloud.ts";
import { Refusal } from "../refusals.ts";

const Health = Type.Object({ status: Type.Literal("ok") }, { additionalProperties: false });
const open = {
  config: { access: "anyone" },
  schema: { tags: ["operation"], response: { 200: Health } },
} as const;

/** `live`: the process answers. `ready`: it can also read its database. */
export function addHealth(app: App, cloud: Cloud): void {
  app.get("/health/live", open, () => ({ status: "ok" as const }));
  for (const path of ["/health", "/health/ready"]) {
    app.get(path, open, async () => {
      try {
        await cloud.db.selectFrom("organisations").select("organisationId").limit(1).execute();
      } catch (cause) {
        throw new Refusal("NOT_READY", { reason: "the database does not answer" }, { cause });
      }
      return { status: "ok" as const };
    });
  }
}
