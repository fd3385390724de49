import type { FastifyServerFactory } from "fastify";
import { createServer as createHttpsServer } from "node:https";
import { createServer as createHttpServer } from "node:http";
import { createServer, type AddressInfo, type Server } from "node:net";
import type { App } from "./cloud.ts";
import { flagOf, type CloudConfig } from "./config.ts";
import { withoutPassword } from "./db/postgres.ts";
import { asksForWebSocket } from "./live/upgrades.ts";
import { Refusal } from "./refusals.ts";
import type { ServerTls } from "./tls.ts";

/** A whole request may take a firmware over a thin line, but no connection may trickle for ever. */
export const HTTP_OPTIONS = {
  maxHeaderSize: 16 * 1024,
  requestTimeout: 5 * 60 * 1000,
  shouldUpgradeCallback: asksForWebSocket,
};

/** Where the cloud is reached. */
export interface Urls {
  readonly url: string;
  readonly mqttUrl: string;
}

/** Before a folder is made for them. @throws {Refusal} PORT_TAKEN or ADDRESS_UNUSABLE */
export async function checkPorts({ host, port, mqttPort, mqttBroker }: CloudConfig): Promise<void> {
  const ports: [number, string][] = [[port, flagOf("port")]];
  if (mqttBroker === "") ports.push([mqttPort, flagOf("mqttPort")]);
  for (const [wanted, option] of ports) {
    const probe = createServer();
    await new Promise<void>((resolve, reject) => {
      probe.once("error", reject);
      probe.listen({ host, port: wanted }, resolve);
    }).catch((error: unknown) => {
      throw unusable(error, host, wanted, `--${option}`);
    });
    await new Promise((closed) => probe.close(closed));
  }
}

/**
 * Makes the servers of an app, with TLS 1.3 where there is a certificate; `onServer` gets each: `localhost` is two
 * addresses.
 */
export const serverFactory =
  (tls: ServerTls | undefined, onServer: (server: Server) => void): FastifyServerFactory =>
  (handler, { keepAliveTimeout }) => {
    const options = { ...HTTP_OPTIONS, keepAliveTimeout: Number(keepAliveTimeout) };
    const server = tls
      ? createHttpsServer({ ...tls, ...options }, handler)
      : createHttpServer(options, handler);
    onServer(server);
    return server;
  };

/**
 * Takes requests, and connections of vehicles where the broker is the embedded one.
 * @throws {Refusal} PORT_TAKEN or ADDRESS_UNUSABLE
 */
export async function listen(
  app: App,
  broker: { readonly server?: Server },
  { host, port, mqttPort, mqttBroker, tlsCert }: CloudConfig,
): Promise<Urls> {
  const s = tlsCert === "" ? "" : "s";
  await app.listen({ host, port }).catch((error: unknown) => {
    throw unusable(error, host, port, `--${flagOf("port")}`);
  });
  const name = host.includes(":") ? `[${host}]` : host;
  const url = `http${s}://${name}:${boundPort(app.server.address())}`;
  const { server } = broker;
  if (!server) return { url, mqttUrl: withoutPassword(mqttBroker) };
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port: mqttPort }, resolve);
  }).catch((error: unknown) => {
    throw unusable(error, host, mqttPort, `--${flagOf("mqttPort")}`);
  });
  return { url, mqttUrl: `mqtt${s}://${name}:${boundPort(server.address())}` };
}

const boundPort = (address: AddressInfo | string | null): number =>
  typeof address === "object" && address !== null ? address.port : 0;

function unusable(error: unknown, host: string, port: number, option: string): Refusal {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (code === "EADDRINUSE") return new Refusal("PORT_TAKEN", { host, port, option }, { cause: error });
  const reason = code || String(error);
  return new Refusal("ADDRESS_UNUSABLE", { host, port, option, reason }, { cause: error });
}
