import { fileURLToPath } from "node:url";
import { fastifySSE } from "@fastify/sse";
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from "fastify";
import { pageFiles } from "./page-files.ts";
import { asProblem, HmiProblem, problemDetails } from "./problems.ts";
import { hmiRoutes, type HmiRouteOptions } from "./routes.ts";

/** Nothing but this origin: no script, style, font or picture from elsewhere, no frame around the page. */
const SECURITY_HEADERS = {
  "content-security-policy":
    "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
};

const BUILT_PAGE = fileURLToPath(new URL("page/dist", import.meta.url));
const BODY_LIMIT_BYTES = 4096;

export interface HmiServerOptions {
  /** Folder of the built page; that of `npm run pages` without it. */
  readonly pageFolder?: string;
  readonly logger?: FastifyBaseLogger;
}

/** An HTTP server with the HMI's manners and no routes yet; the preview mounts several HMIs on one. */
export async function createHmiServer({ logger }: HmiServerOptions = {}): Promise<FastifyInstance> {
  const app = Fastify({
    bodyLimit: BODY_LIMIT_BYTES,
    // Open streams must not hold up the end of the agent.
    forceCloseConnections: true,
    // A field too many is an error, not noise.
    ajv: { customOptions: { removeAdditional: false, coerceTypes: false } },
    ...(logger
      ? { loggerInstance: logger, logController: new LogController({ disableRequestLogging: true }) }
      : {}),
  });
  // Only JSON: a form of another site cannot send it without being asked first.
  app.removeContentTypeParser("text/plain");
  app.addHook("onRequest", async (_request, reply) => {
    void reply.headers(SECURITY_HEADERS);
  });
  app.setErrorHandler(async (error, request, reply) => {
    const problem = asProblem(error);
    if (problem.code === "HMI_INTERNAL") request.log.error({ err: error }, "HMI request failed");
    const details = problemDetails(problem, request.id);
    return reply.code(details.status).type("application/problem+json").send(details);
  });
  app.setNotFoundHandler(async ({ method, url }) => {
    throw new HmiProblem("ROUTE_UNKNOWN", `${method} ${url.split("?")[0]} is not part of the HMI.`);
  });
  // The stream carries its own sign of life, which the page can see; comments it cannot.
  await app.register(fastifySSE, { heartbeatInterval: 0 });
  return app;
}

/** Mounts one gateway's HMI, API and page, below `prefix`. */
export async function mountHmi(
  app: FastifyInstance,
  {
    prefix = "",
    pageFolder = BUILT_PAGE,
    ...options
  }: HmiRouteOptions & HmiServerOptions & { prefix?: string },
): Promise<void> {
  await app.register(hmiRoutes, { ...options, prefix });
  await app.register(pageFiles, { folder: pageFolder, prefix });
}
