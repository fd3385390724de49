/** Roles of operators, from least to most: A4. */
export const ROLES = ["viewer", "operator", "approver", "admin"] as const;
export type Role = (typeof ROLES)[number];

/** What a route asks for. */
export const PERMISSIONS = [
  "fleet.read",
  "fleet.write",
  "release.read",
  "release.write",
  "campaign.read",
  "campaign.write",
  "campaign.approve",
  "campaign.operate",
  "safety.weaken",
  "audit.read",
  "access.manage",
  "cloud.operate",
] as const;
export type Permission = (typeof PERMISSIONS)[number];

/** Which vehicles a grant covers: every given list must hold the vehicle's value; a list left out holds all. */
export interface Scope {
  readonly regions?: readonly string[];
  readonly models?: readonly string[];
}

/** A role over a scope. Grants add up, but never merge: each role counts only for its own scope. */
export interface Grant {
  readonly role: Role;
  readonly scope: Scope;
}

const VIEWER = ["fleet.read", "release.read", "campaign.read"] as const;
const OPERATOR = [...VIEWER, "fleet.write", "release.write", "campaign.write", "campaign.operate"] as const;
const APPROVER = [...VIEWER, "campaign.approve", "audit.read"] as const;

const ALLOWED: Readonly<Record<Role, readonly Permission[]>> = {
  viewer: VIEWER,
  operator: OPERATOR,
  approver: APPROVER,
  admin: PERMISSIONS,
};

export const EVERYTHING: readonly Grant[] = [{ role: "admin", scope: {} }];

/** About the organisation and not about vehicles: given only by a grant without a scope. */
const OF_THE_WHOLE: ReadonlySet<Permission> = new Set(["audit.read", "access.manage", "cloud.operate"]);

/** The roles that give a permission, least first. */
export const rolesWith = (permission: Permission): Role[] =>
  ROLES.filter((role) => ALLOWED[role].includes(permission));

/** The scopes within which these grants give a permission; none: not at all. */
export const scopesOf = (grants: readonly Grant[], permission: Permission): Scope[] =>
  grants
    .filter(({ role }) => ALLOWED[role].includes(permission))
    .map(({ scope }) => scope)
    .filter((scope) => !OF_THE_WHOLE.has(permission) || isWhole(scope));

const isWhole = ({ regions, models }: Scope): boolean => regions === undefined && models === undefined;

/** What scopes look at in a vehicle. */
export interface Located {
  readonly region?: string | null;
  readonly model?: string | null;
}

/** Whether some scope covers the vehicle. A vehicle without a region is covered by scopes that name none. */
export const covers = (scopes: readonly Scope[], { region, model }: Located): boolean =>
  scopes.some((scope) => holds(scope.regions, region) && holds(scope.models, model));

const holds = (wanted: readonly string[] | undefined, value: string | null | undefined): boolean =>
  wanted === undefined || (typeof value === "string" && wanted.includes(value));

/** What both lists give: a key may no more than its person may now, whatever it was made for. */
export const narrow = (grants: readonly Grant[], bounds: readonly Grant[]): Grant[] =>
  withoutHeld(
    grants.flatMap((grant) =>
      bounds.flatMap((bound) => {
        const scope = commonScope(grant.scope, bound.scope);
        return scope === undefined ? [] : [{ role: commonRole(grant.role, bound.role), scope }];
      }),
    ),
  );

/** Leaves out each grant that another one holds already. */
const withoutHeld = (grants: readonly Grant[]): Grant[] =>
  grants.filter(
    (grant, i) =>
      !grants.some((other, j) => j !== i && holdsGrant(other, grant) && (j < i || !holdsGrant(grant, other))),
  );

/** The first grant that no single one of `own` holds; absent where all are held. */
export const exceeding = (grants: readonly Grant[], own: readonly Grant[]): Grant | undefined =>
  grants.find((grant) => !own.some((held) => holdsGrant(held, grant)));

/**
 * Whether everything that `inner` covers lies within `outer`; each scope must lie within a single one, for scopes do
 * not merge.
 */
export const liesWithin = (inner: readonly Scope[], outer: readonly Scope[]): boolean =>
  inner.every((wanted) => outer.some((held) => holdsScope(held, wanted)));

const holdsGrant = (held: Grant, wanted: Grant): boolean =>
  includesRole(held.role, wanted.role) && holdsScope(held.scope, wanted.scope);

const holdsScope = (held: Scope, wanted: Scope): boolean =>
  holdsValues(held.regions, wanted.regions) && holdsValues(held.models, wanted.models);

const includesRole = (role: Role, other: Role): boolean =>
  ALLOWED[other].every((permission) => ALLOWED[role].includes(permission));

const holdsValues = (held: readonly string[] | undefined, wanted: readonly string[] | undefined): boolean =>
  held === undefined || (wanted !== undefined && wanted.every((value) => held.includes(value)));

/** Operator and approver have a viewer's permissions in common. */
function commonRole(one: Role, other: Role): Role {
  if (includesRole(one, other)) return other;
  return includesRole(other, one) ? one : "viewer";
}

function commonScope(one: Scope, other: Scope): Scope | undefined {
  const regions = commonValues(one.regions, other.regions);
  const models = commonValues(one.models, other.models);
  if (regions?.length === 0 || models?.length === 0) return undefined;
  return { ...(regions ? { regions } : {}), ...(models ? { models } : {}) };
}

const commonValues = (
  one: readonly string[] | undefined,
  other: readonly string[] | undefined,
): readonly string[] | undefined =>
  one === undefined || other === undefined ? (one ?? other) : one.filter((value) => other.includes(value));
