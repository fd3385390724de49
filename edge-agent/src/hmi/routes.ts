import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { Id, Problem } from "@halfshaft/ota-format";
import { Type } from "typebox";
import type { GatewayControls } from "../gateway-state.ts";
import { isOwnHost, isOwnOrigin } from "./origin.ts";
import { HmiProblem } from "./problems.ts";
import { stateStream } from "./state-stream.ts";

const Decision = Type.Object(
  { jobId: Id, decision: Type.Enum(["now", "tonight", "decline"]) },
  { additionalProperties: false },
);
const Acknowledgement = Type.Object({ jobId: Id }, { additionalProperties: false });
const Nothing = Type.Object({}, { additionalProperties: false });
/** A write answers with nothing: what came of it arrives on the stream. */
const answers = { 204: Type.Null(), "4xx": Problem, "5xx": Problem };

export interface HmiRouteOptions {
  readonly controls: GatewayControls;
  /** Names under which the HMI may be addressed besides IP addresses, localhost and this machine's own name. */
  readonly hostNames?: readonly string[];
}

/** The HMI's API: the state, its stream, and the three things a person may do. */
export const hmiRoutes: FastifyPluginAsyncTypebox<HmiRouteOptions> = async (app, { controls, hostNames }) => {
  const closing = new AbortController();
  app.addHook("preClose", async () => closing.abort());

  app.addHook("onRequest", async ({ headers, method }) => {
    const { host, origin } = headers;
    const site = headers["sec-fetch-site"];
    if (!isOwnHost(host, hostNames)) {
      throw new HmiProblem("ORIGIN_FOREIGN", `The HMI is not known as "${host ?? ""}".`);
    }
    const from = { host, origin, site: typeof site === "string" ? site : undefined };
    if (method !== "GET" && !isOwnOrigin(from)) {
      throw new HmiProblem(
        "ORIGIN_FOREIGN",
        `A page of ${origin ?? "another site"} may not use the HMI's buttons.`,
      );
    }
  });

  app.get("/api/hmi/state", async (_request, reply) => {
    return reply.header("cache-control", "no-store").send(controls.current());
  });

  app.get("/api/hmi/stream", { sse: "only" }, async (_request, reply) => {
    const gone = new AbortController();
    reply.sse.onClose(() => gone.abort());
    await reply.sse.send(stateStream(controls, AbortSignal.any([gone.signal, closing.signal])));
  });

  app.post("/api/hmi/consent", { schema: { body: Decision, response: answers } }, async ({ body }, reply) => {
    if (await controls.decide(body.jobId, body.decision)) return reply.code(204).send(null);
    throw new HmiProblem("DECISION_CLOSED", "This update does not wait for that decision any more.");
  });

  app.post("/api/hmi/check", { schema: { body: Nothing, response: answers } }, async (_request, reply) => {
    await controls.check();
    return reply.code(204).send(null);
  });

  app.post(
    "/api/hmi/acknowledge",
    { schema: { body: Acknowledgement, response: answers } },
    async ({ body }, reply) => {
      if (await controls.acknowledge(body.jobId)) return reply.code(204).send(null);
      throw new HmiProblem("RESULT_CLOSED", "This update has no result to confirm.");
    },
  );
};
