import type { RouteOptions } from "fastify";
import type { Permission } from "../access/grants.ts";

/**
 * Who may use a route. `operator`: who has its permission. `either`: also every vehicle. `signedIn`: every operator,
 * whatever his roles. `anyone`: no credential is asked for.
 */
export type Access = "operator" | "vehicle" | "either" | "signedIn" | "anyone";

declare module "fastify" {
  interface FastifyContextConfig {
    /** `operator` unless it is said. */
    access?: Access;
    /** What an operator needs; derived from method and tag where a route does not say it. */
    permission?: Permission;
  }
}

/** A route that nobody could be asked about: a fault of the program, found when it starts. */
export class RouteUndeclared extends Error {
  override readonly name = "RouteUndeclared";
  constructor(route: string) {
    super(`${route} says neither who may use it nor what permission it needs, and its tag does not tell.`);
  }
}

const BY_TAG: Readonly<Record<string, { read: Permission; write: Permission }>> = {
  vehicles: { read: "fleet.read", write: "fleet.write" },
  releases: { read: "release.read", write: "release.write" },
  campaigns: { read: "campaign.read", write: "campaign.write" },
  jobs: { read: "campaign.read", write: "campaign.operate" },
  repositories: { read: "release.read", write: "release.write" },
  audit: { read: "audit.read", write: "cloud.operate" },
  access: { read: "access.manage", write: "access.manage" },
};

/** What a route asks of whoever calls it. */
export interface Admittance {
  readonly access: Access;
  /** Of operators; absent where they need none or may not come. */
  readonly permission?: Permission;
}

/**
 * Reads a route's declaration, so that no route is open by omission.
 * @throws {RouteUndeclared} where neither the route nor its tag says what an operator needs.
 */
export function admittanceOf(route: RouteOptions): Admittance {
  // The pages of the documentation come from a plugin that declares no access.
  if (/^\/docs(\/|$)/.test(route.url)) return { access: "anyone" };
  const { access = "operator", permission } = route.config ?? {};
  if (access !== "operator" && access !== "either") return { access };
  const methods = [route.method].flat();
  const isRead = methods.every((method) => method === "GET" || method === "HEAD");
  const tag = (route.schema?.tags ?? []).find((name) => Object.hasOwn(BY_TAG, name));
  const needed = permission ?? (tag === undefined ? undefined : BY_TAG[tag]![isRead ? "read" : "write"]);
  if (needed === undefined) throw new RouteUndeclared(`${methods.join()} ${route.url}`);
  return { access, permission: needed };
}
