import rateLimit from "@fastify/rate-limit";
import type { FastifyReply, FastifyRequest, HookHandlerDoneFunction } from "fastify";
import { actorOfToken, bearerToken } from "../access/actor-of-token.ts";
import type { Device } from "../access/device-rows.ts";
import { isDeviceToken } from "../access/devices.ts";
import type { Actor, Operator, Vehicle } from "../access/store.ts";
import { rolesWith, scopesOf, type Permission } from "../access/grants.ts";
import type { App, Cloud } from "../cloud.ts";
import type { CloudConfig } from "../config.ts";
import { Refusal } from "../refusals.ts";
import { createRateWindows } from "./rate-windows.ts";
import { rateLimited, requireWithin } from "./rates.ts";
import { admittanceOf, type Admittance } from "./route-permissions.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** Set when the route is added. */
    admittance?: Admittance;
    /** A vehicle asks whether there is something for it: limited more than the rest that it does. */
    isUpdateCheck?: boolean;
  }
  interface FastifyRequest {
    actor: Actor | null;
    /** Of a vehicle: whether it had a job that has not ended when its token was looked up. */
    hasOpenJob: boolean;
  }
}

const WINDOW_MS = 60_000;
const LIMITED_KEYS = 20_000;

/**
 * Before a body is read: who asks, not too often, and may they? The order matters: an unknown token counts
 * against its address, so that guessing is limited and a vehicle behind the same address is not.
 */
export async function addAdmission(app: App, cloud: Cloud): Promise<void> {
  await app.register(rateLimit, { global: false, cache: LIMITED_KEYS });
  const limit = limits(app, cloud);
  const limitVehicle = vehicleLimits(cloud.config);

  app.decorateRequest("actor", null);
  app.decorateRequest("hasOpenJob", false);
  app.addHook("onRoute", (route) => {
    route.config = { ...route.config, admittance: admittanceOf(route) };
  });
  const enter = async (request: FastifyRequest, reply: FastifyReply, token?: string): Promise<void> => {
    await limit(request, reply);
    if (!request.is404) admit(request.routeOptions.config.admittance, request.actor, token);
  };
  const enterOther = (
    request: FastifyRequest,
    reply: FastifyReply,
    proceed: HookHandlerDoneFunction,
    token: string | undefined,
    identified: Promise<Actor | undefined>,
  ): void => {
    const known = isForAnyone(request) ? identified.catch(() => undefined) : identified;
    const entered = known.then((actor) => {
      request.actor = actor ?? null;
      return enter(request, reply, token);
    });
    entered.then(() => proceed(), proceed);
  };
  const enterVehicle = (
    request: FastifyRequest,
    reply: FastifyReply,
    { actor, vehicle, hasOpenJob }: Device,
  ): void => {
    request.actor = actor;
    request.hasOpenJob = hasOpenJob;
    cloud.lastSeen.note(vehicle, cloud.now());
    // Made anew at each look.
    const { config } = request.routeOptions;
    // A vehicle is itself, whichever of its tokens it uses.
    limitVehicle(config.isUpdateCheck === true, vehicle, reply);
    if (!request.is404) admit(config.admittance, actor, undefined);
  };
  // Without promises for vehicles that are known: this is at every request of a fleet.
  app.addHook("onRequest", (request, reply, proceed) => {
    const token = bearerToken(request.headers.authorization);
    if (token === undefined || !isDeviceToken(token)) {
      const identified = token === undefined ? NOBODY : actorOfToken(cloud, token);
      return enterOther(request, reply, proceed, token, identified);
    }
    cloud.findDevice(token, (error, device) => {
      if (error) return proceed(error as Error);
      if (!device) return enterOther(request, reply, proceed, token, NOBODY);
      try {
        enterVehicle(request, reply, device);
      } catch (refusal) {
        return proceed(refusal as Error);
      }
      proceed();
    });
  });
}

/** Such a route answers also while nobody can be looked up: health and metrics are most needed then. */
const isForAnyone = ({ routeOptions }: FastifyRequest): boolean =>
  routeOptions.config.admittance?.access === "anyone";

const NOBODY = Promise.resolve(undefined);

/** Counts a request against its operator or address. */
function limits(
  app: App,
  { config }: Cloud,
): (request: FastifyRequest, reply: FastifyReply) => Promise<void> {
  const counter = (max: number, keyGenerator?: (request: FastifyRequest) => string) => {
    const count = app.createRateLimit({
      max,
      timeWindow: WINDOW_MS,
      ...(keyGenerator ? { keyGenerator } : {}),
    });
    return (request: FastifyRequest, reply: FastifyReply) => requireWithin(max, count, request, reply);
  };
  const ofActor = (request: FastifyRequest): string => request.actor!.credentialId;
  // By the plugin's own key: of an IPv6 address the network, since one host has all of a /64.
  const address = counter(config.addressRate);
  const operator = counter(config.operatorRate, ofActor);
  return (request, reply) => (request.actor ? operator : address)(request, reply);
}

/** Counts a request against its vehicle; update checks have a budget of their own. */
function vehicleLimits(
  config: CloudConfig,
): (isCheck: boolean, vehicle: number, reply: FastifyReply) => void {
  const clock = (): number => performance.now();
  const checks = createRateWindows(WINDOW_MS, clock);
  const others = createRateWindows(WINDOW_MS, clock);
  return (isCheck, vehicle, reply) => {
    const max = isCheck ? config.checkRate : config.deviceRate;
    const { isExceeded, retryAfterMs } = (isCheck ? checks : others)(vehicle, max);
    if (isExceeded) throw rateLimited(max, Math.ceil(retryAfterMs / 1000), reply);
  };
}

/** The rule of admission. Scopes are the stores' matter: here any scope of a permission is enough. */
function admit(admittance: Admittance | undefined, actor: Actor | null, token: string | undefined): void {
  // A route that came in past the hook that reads declarations is for nobody.
  const { access, permission } = admittance ?? { access: "operator", permission: "cloud.operate" };
  if (access === "anyone") return;
  if (!actor) throw new Refusal(token === undefined ? "CREDENTIALS_MISSING" : "CREDENTIALS_INVALID");
  if (actor.kind === "vehicle") {
    if (access !== "vehicle" && access !== "either") throw new Refusal("OPERATOR_REQUIRED");
    return;
  }
  if (access === "vehicle") throw new Refusal("DEVICE_REQUIRED");
  if (permission !== undefined) requirePermission(actor, permission);
}

/** @throws {Refusal} PERMISSION_MISSING where none of the operator's roles gives the permission in any scope */
export function requirePermission(actor: Actor, permission: Permission): void {
  if (actor.kind !== "operator") throw new Refusal("OPERATOR_REQUIRED");
  if (scopesOf(actor.grants, permission).length > 0) return;
  throw new Refusal("PERMISSION_MISSING", {
    permission,
    held: [...new Set(actor.grants.map(({ role }) => role))].join(", ") || "no role",
    roles: rolesWith(permission).join(" or "),
  });
}

/** The actor of a route that is not open to anyone. */
export function actorOf(request: FastifyRequest): Actor {
  if (!request.actor) throw new Refusal("CREDENTIALS_MISSING");
  return request.actor;
}

/** The operator of a route that is for operators. */
export function operatorOf(request: FastifyRequest): Operator {
  const actor = actorOf(request);
  if (actor.kind !== "operator") throw new Refusal("OPERATOR_REQUIRED");
  return actor;
}

/** The vehicle of a device route. */
export function vehicleOf(request: FastifyRequest): Vehicle {
  const actor = actorOf(request);
  if (actor.kind !== "vehicle") throw new Refusal("DEVICE_REQUIRED");
  return actor;
}
