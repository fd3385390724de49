import type { ExpressionBuilder, SelectQueryBuilder } from "kysely";
import type { Tables } from "../../db/tables.ts";

/** The tables, with the vehicles as `v`: every query of a fleet is made over that name. */
export type Fleet = Tables & { v: Tables["vehicles"] };
export type FleetQuery<Output = object> = SelectQueryBuilder<Fleet, "v", Output>;
export type VehicleExpressions = ExpressionBuilder<Fleet, "v">;

/**
 * How a list of members is asked: `probe` looks each vehicle up in it, which is best where the query walks along the
 * vehicles anyway; `gather` reads the members first, best where they are few.
 */
export type Plan = "probe" | "gather";

export interface SelectionContext {
  readonly organisationId: string;
  /** For `lastSeen.withinMs`, UTC ms. */
  readonly at: number;
  /** Default: probe. */
  readonly plan?: Plan;
}
