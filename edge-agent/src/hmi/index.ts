import type { FastifyInstance } from "fastify";
import type { HmiRouteOptions } from "./routes.ts";
import { createHmiServer, type HmiServerOptions, mountHmi } from "./server.ts";
import { HmiStartError } from "./start-error.ts";

export { HmiStartError };

export interface HmiOptions extends HmiRouteOptions, HmiServerOptions {
  /** Address to listen on; 127.0.0.1 keeps the HMI on this machine. */
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
}

export interface Hmi {
  /** Where a browser on this machine finds the page, without a slash at the end. */
  readonly url: string;
  /** Ends every stream and stops listening. */
  close(): Promise<void>;
}

/** Serves the HMI of a gateway. Throws `HmiStartError`: PORT_TAKEN, PORT_FORBIDDEN, HOST_UNKNOWN. */
export async function startHmi(options: HmiOptions): Promise<Hmi> {
  const { host, port } = options;
  const app = await createHmiServer(options);
  await mountHmi(app, options);
  try {
    await app.listen({ host, port });
  } catch (error) {
    await app.close();
    throw HmiStartError.from(error, host, port);
  }
  return { url: urlOf(app, host), close: () => app.close() };
}

function urlOf(app: FastifyInstance, host: string): string {
  const address = app.server.address();
  const port = address !== null && typeof address === "object" ? address.port : 0;
  const reachable = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host;
  return `http://${reachable.includes(":") ? `[${reachable}]` : reachable}:${port}`;
}
