import type { IncomingMessage } from "node:http";
import type { FastifyReply } from "fastify";
import type { App } from "../cloud.ts";
import { Refusal } from "../refusals.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** It may be opened as a WebSocket. */
    isSocket?: boolean;
  }
}

/** What else some clients offer (`h2c`) is left out of account, as RFC 9110, 7.8 allows. */
export const asksForWebSocket = ({ headers }: IncomingMessage): boolean =>
  headers.upgrade?.toLowerCase() === "websocket";

/** Once Node has let go of a socket for an upgrade, nobody else ends it after a refusal. */
export function endAfterAnswer({ raw }: FastifyReply): void {
  const { socket } = raw;
  raw.once("finish", () => socket?.destroySoon());
}

/** Register it before whatever may refuse a request. */
export function addRefusedUpgrades(app: App): void {
  app.addHook("onRequest", (request, reply, proceed) => {
    if (asksForWebSocket(request.raw)) {
      reply.header("connection", "close");
      endAfterAnswer(reply);
    }
    proceed();
  });
}

// RFC 6455, 4.2.1.
const KEY = /^[+/0-9A-Za-z]{22}==$/;
const VERSION = "13";

/** Refuses handshakes that are none, and those of routes that are no WebSockets. Register it after admission. */
export function addHandshakes(app: App): void {
  app.addHook("onRequest", ({ raw, method, headers, is404, routeOptions }, reply, proceed) => {
    if (is404 || !asksForWebSocket(raw)) return proceed();
    const refuse = (reason: string): void => proceed(new Refusal("REQUEST_INVALID", { reason }));
    if (method !== "GET" || routeOptions.config.isSocket !== true) {
      return refuse("this route is no WebSocket; /api/v1/streams/fleet/socket is one");
    }
    if (!KEY.test(String(headers["sec-websocket-key"]))) {
      return refuse("Sec-WebSocket-Key is not 16 bytes in Base64");
    }
    if (String(headers["sec-websocket-version"]) !== VERSION) {
      reply.header("sec-websocket-version", VERSION);
      return refuse(`Sec-WebSocket-Version is not ${VERSION}`);
    }
    proceed();
  });
}
