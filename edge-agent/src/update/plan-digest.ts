import { createHash } from "node:crypto";
import type { Plan } from "./plan-types.ts";

/** SHA-256 of a plan as it stands in the journal: which plan a fact belongs to. */
export function planDigest(plan: Plan): string {
  return createHash("sha256").update(JSON.stringify(plan)).digest("hex");
}
