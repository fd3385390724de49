import { fastifySSE } from "@fastify/sse";
import websocket from "@fastify/websocket";
import type { FastifyRequest } from "fastify";
import { Type } from "typebox";
import { Id } from "@halfshaft/ota-format";
import { actorOfToken, bearerToken } from "../access/actor-of-token.ts";
import { scopesOf } from "../access/grants.ts";
import type { Actor } from "../access/store.ts";
import { requireVisible } from "../campaigns/reach.ts";
import type { App, Cloud } from "../cloud.ts";
import { actorOf } from "../plugins/admission.ts";
import { fileAnswers, problems } from "../plugins/answers.ts";
import { Refusal } from "../refusals.ts";
import { VehicleId } from "../vehicles/schema.ts";
import { requireVehicle } from "../vehicles/twin/twin-access.ts";
import { frames, type Frame } from "./frames.ts";
import { topicPermission, type Topic } from "./topics.ts";
import { addHandshakes } from "./upgrades.ts";

const tags = ["live"];
/** Streams that one credential may have open at once. */
const MAX_STREAMS = 20;
const RETRY_MS = 2000;

const Query = Type.Object(
  {
    lastEventId: Type.Optional(
      Type.String({
        pattern: "^\\d{1,15}$",
        description: "`seq` of the last change seen; the header Last-Event-ID says the same",
      }),
    ),
  },
  { additionalProperties: false },
);

const SOCKET_ANSWERS = {
  101: Type.Null({
    description:
      "Switched to WebSocket: each message is one JSON text `{event, id, data}`, as the server-sent events are. " +
      "A stream that ends by a refusal is closed with 1008 and its code as the reason.",
  }),
  ...problems,
};

interface StreamRoute {
  readonly path: string;
  readonly what: string;
  readonly params?: ReturnType<typeof Type.Object>;
  readonly topic: (params: Record<string, string>) => Topic;
}

const ROUTES: readonly StreamRoute[] = [
  {
    path: "/api/v1/streams/fleet",
    what: "Changes of vehicles, jobs, releases and campaigns",
    topic: () => ({ kind: "fleet" }),
  },
  {
    path: "/api/v1/streams/vehicles/:vehicleId",
    what: "Changes of one vehicle and its jobs",
    params: Type.Object({ vehicleId: VehicleId }),
    topic: ({ vehicleId }) => ({ kind: "vehicle", vehicleId: vehicleId! }),
  },
  {
    path: "/api/v1/streams/campaigns/:campaignId",
    what: "Changes of one campaign and its jobs",
    params: Type.Object({ campaignId: Id }),
    topic: ({ campaignId }) => ({ kind: "campaign", campaignId: campaignId! }),
  },
  { path: "/api/v1/streams/audit", what: "The audit log as it grows", topic: () => ({ kind: "audit" }) },
];

/** Live changes by server-sent events, and the same by WebSocket at `…/socket`. */
export async function addLiveRoutes(app: App, cloud: Cloud): Promise<void> {
  await app.register(fastifySSE, { heartbeatInterval: 0 });
  await app.register(websocket, { options: { maxPayload: 1024 } });
  addHandshakes(app);
  const closing = new AbortController();
  app.addHook("preClose", async () => closing.abort());
  const open = new Map<string, number>();

  /** @throws {Refusal} STREAMS_TOO_MANY */
  const begin = (request: FastifyRequest, topic: Topic, gone: AbortSignal): AsyncGenerator<Frame> => {
    const actor = operatorOf(request);
    const { credentialId } = actor;
    const count = open.get(credentialId) ?? 0;
    if (count >= MAX_STREAMS) throw new Refusal("STREAMS_TOO_MANY", { limit: MAX_STREAMS });
    open.set(credentialId, count + 1);
    const { authorization } = request.headers;
    return frames({
      feed: cloud.live,
      topic,
      actor,
      after: lastEventId(request),
      signal: AbortSignal.any([gone, closing.signal]),
      // A stream lasts longer than the right to it may.
      actorNow: () => stillAdmitted(cloud, authorization),
      onEnd() {
        const left = open.get(credentialId)! - 1;
        if (left === 0) open.delete(credentialId);
        else open.set(credentialId, left);
      },
    });
  };

  await app.register(async (routes: App) => {
    for (const { path, what, params, topic } of ROUTES) {
      const schema = { tags, querystring: Query, ...(params ? { params } : {}) };
      const config = { permission: topicPermission(topic({})) };
      const topicOf = (request: FastifyRequest): Topic => topic(request.params as Record<string, string>);
      const requireVisibleTopic = (request: FastifyRequest): Promise<void> =>
        requireTopic(cloud, request, topicOf(request));
      routes.get(
        path,
        {
          sse: "only",
          config,
          preHandler: requireVisibleTopic,
          schema: {
            ...schema,
            summary: `${what}, as server-sent events`,
            response: fileAnswers(
              "text/event-stream",
              "Events with `id`, `event` and `data`, a Change as JSON",
            ),
          },
        },
        async (request, reply) => {
          const gone = new AbortController();
          const stream = begin(request, topicOf(request), gone.signal);
          reply.sse.onClose(() => gone.abort());
          await reply.sse.send(asSse(stream));
        },
      );
      routes.route({
        method: "GET",
        url: `${path}/socket`,
        config: { ...config, isSocket: true },
        schema: { ...schema, summary: `${what}, by WebSocket`, response: SOCKET_ANSWERS },
        preHandler: requireVisibleTopic,
        handler: (_request, reply) => {
          // RFC 9110, 15.5.22.
          reply.header("upgrade", "websocket").header("connection", "upgrade");
          throw new Refusal("WEBSOCKET_REQUIRED");
        },
        wsHandler: async (socket, request) => {
          const gone = new AbortController();
          socket.on("close", () => gone.abort());
          socket.on("error", () => gone.abort());
          try {
            for await (const frame of begin(request, topicOf(request), gone.signal)) {
              await new Promise<void>((sent) => socket.send(JSON.stringify(frame), () => sent()));
            }
            socket.close(1001, "the stream has ended");
          } catch (error) {
            // 1008: policy violation (RFC 6455, 7.4.1); the socket is open already, so there is no status to send.
            socket.close(1008, error instanceof Refusal ? error.code : "INTERNAL");
          }
        },
      });
    }
  });
}

async function* asSse(stream: AsyncGenerator<Frame>) {
  for await (const { event, id, data } of stream) {
    yield { event, data, retry: RETRY_MS, ...(id === undefined ? {} : { id: String(id) }) };
  }
}

function lastEventId(request: FastifyRequest): number | undefined {
  const header = request.headers["last-event-id"];
  const text =
    (typeof header === "string" ? header : undefined) ??
    (request.query as { lastEventId?: string }).lastEventId;
  if (text === undefined) return undefined;
  if (!/^\d{1,15}$/.test(text)) throw new Refusal("EVENT_ID_INVALID", { id: text.slice(0, 40) });
  return Number(text);
}

function operatorOf(request: FastifyRequest): Actor & { kind: "operator" } {
  const actor = actorOf(request);
  if (actor.kind !== "operator") throw new Refusal("OPERATOR_REQUIRED");
  return actor;
}

/** @throws {Refusal} VEHICLE_UNKNOWN or CAMPAIGN_UNKNOWN, also where whoever asks may not see it */
async function requireTopic({ db, now }: Cloud, request: FastifyRequest, topic: Topic): Promise<void> {
  const actor = operatorOf(request);
  if (topic.kind === "vehicle") await requireVehicle(db, actor, topic.vehicleId, "fleet.read");
  if (topic.kind !== "campaign") return;
  const scopes = scopesOf(actor.grants, "campaign.read");
  await requireVisible(db, actor.organisationId, topic.campaignId, scopes, now());
}

async function stillAdmitted(cloud: Cloud, authorization: string | undefined) {
  const token = bearerToken(authorization);
  const actor = token === undefined ? undefined : await actorOfToken(cloud, token);
  return actor?.kind === "operator" ? actor : undefined;
}
