import type { FastifyRequest } from "fastify";
import type { Expression, SqlBool } from "kysely";
import { covers, scopesOf, type Located, type Permission, type Scope } from "../access/grants.ts";
import { actorOf } from "../plugins/admission.ts";
import { Refusal } from "../refusals.ts";
import type { FleetQuery, VehicleExpressions } from "./search/fleet-query.ts";

/** Which vehicles whoever asks may see or change; a vehicle has no say over vehicles. */
export function scopesFor(request: FastifyRequest, permission: Permission): Scope[] {
  const actor = actorOf(request);
  return actor.kind === "operator" ? scopesOf(actor.grants, permission) : [];
}

/**
 * Nobody registers a vehicle, or moves one, where he has no say over it.
 * @throws {Refusal} OUTSIDE_SCOPE
 */
export function requireWithin(request: FastifyRequest, vehicle: Located & { vehicleId: string }): void {
  const permission = "fleet.write";
  if (covers(scopesFor(request, permission), vehicle)) return;
  throw new Refusal("OUTSIDE_SCOPE", { vehicleId: vehicle.vehicleId, permission });
}

/** Narrows a query over vehicles, `v`, to those that some scope covers: `covers` of access/grants.ts, as SQL. */
export function whereInScope<Output>(
  query: FleetQuery<Output>,
  scopes: readonly Scope[],
): FleetQuery<Output> {
  return isUnbounded(scopes) ? query : query.where((eb) => inScope(eb, scopes));
}

/** Whether the scopes cover every vehicle, also those without a region or model. */
export const isUnbounded = (scopes: readonly Scope[]): boolean =>
  scopes.some(({ regions, models }) => regions === undefined && models === undefined);

/** The condition itself, for queries that only join the vehicles. No scope covers nothing. */
export const inScope = (eb: VehicleExpressions, scopes: readonly Scope[]): Expression<SqlBool> =>
  scopes.length === 0
    ? eb.lit(false)
    : eb.or(
        scopes.map(({ regions, models }) =>
          eb.and([
            ...(regions ? [listed(eb, "v.region", regions)] : []),
            ...(models ? [listed(eb, "v.model", models)] : []),
          ]),
        ),
      );

const listed = (
  eb: VehicleExpressions,
  column: "v.region" | "v.model",
  values: readonly string[],
): Expression<SqlBool> => (values.length === 0 ? eb.lit(false) : eb(column, "in", values));
