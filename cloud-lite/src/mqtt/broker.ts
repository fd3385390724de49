import { Aedes, type Client } from "aedes";
import { createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { eventsTopic, presenceTopic, wakeUpTopic } from "@halfshaft/ota-format";
import { CLOSE_GRACE_MS, closeWithin, Connections } from "../connections.ts";
import type { About } from "../background.ts";
import { mayPass } from "../passing.ts";
import { Refusal } from "../refusals.ts";
import type { ServerTls } from "../tls.ts";
import { mayPublish, maySubscribe, readPresence, type Presence } from "./topics.ts";

interface BrokerDeps {
  /** Certificate and key; absent: plain MQTT, for this machine alone. */
  readonly tls?: ServerTls;
  /** The vehicle of a device token, or undefined. */
  readonly vehicleOfToken: (token: string) => Promise<string | undefined>;
  readonly onPresence: (vehicleId: string, presence: Presence) => void;
  /**
   * Stores a batch of events. Where it fails by something that may pass, or by a token that does not count any more, the
   * connection ends and the vehicle sends the batch again; a batch that fails otherwise is dropped.
   */
  readonly onEvents: (token: string, payload: Uint8Array) => Promise<void>;
  readonly onClients: (count: number) => void;
  readonly onError: (error: unknown, about?: About) => void;
}

/** The embedded MQTT broker: wake-ups to vehicles, presence and events from them. */
export interface Broker {
  /** Takes connections; listen on it. */
  readonly server: Server;
  /** At least once while the vehicle is connected; lost otherwise, so vehicles also ask by themselves. */
  wakeUp(vehicleId: string): void;
  close(): Promise<void>;
}

// MQTT 3.1.1, 3.2.2.3: the return codes of CONNACK.
const IDENTIFIER_REJECTED = 2;
const SERVER_UNAVAILABLE = 3;
const BAD_USER_NAME_OR_PASSWORD = 4;

/** Sent again, a batch that can never be stored would keep those behind it from coming. @throws what may pass */
async function takeEvents(
  deps: BrokerDeps,
  vehicleId: string,
  token: string,
  payload: Uint8Array,
): Promise<void> {
  try {
    await deps.onEvents(token, payload);
  } catch (error) {
    if (mayPass(error) || (error instanceof Refusal && error.code === "CREDENTIALS_INVALID")) throw error;
    deps.onError(error, { vehicleId });
  }
}

class MqttRefusal extends Error {
  override readonly name = "MqttRefusal";
}

export async function createBroker(deps: BrokerDeps): Promise<Broker> {
  // Set once a client has shown its token; a client that is not here may do nothing.
  const vehicles = new WeakMap<Client, string>();
  const tokens = new WeakMap<Client, string>();
  const owners = new Map<string, string>();

  const authenticate = async (
    client: Client,
    vehicleId: string | undefined,
    password: Uint8Array | undefined,
  ): Promise<number> => {
    const token = Buffer.from(password ?? []).toString("utf8");
    if (vehicleId === undefined || (await deps.vehicleOfToken(token)) !== vehicleId) {
      return BAD_USER_NAME_OR_PASSWORD;
    }
    // A second connection with the same client id ends the first: not with someone else's.
    const owner = owners.get(client.id);
    if (owner !== undefined && owner !== vehicleId) return IDENTIFIER_REJECTED;
    vehicles.set(client, vehicleId);
    tokens.set(client, token);
    owners.set(client.id, vehicleId);
    return 0;
  };

  const broker = await Aedes.createBroker({
    authenticate(client, username, password, done) {
      const answer = async (): Promise<void> => {
        const returnCode = await authenticate(client, username, password).catch((error: unknown) => {
          deps.onError(error);
          return SERVER_UNAVAILABLE;
        });
        if (returnCode === 0) done(null, true);
        else done(Object.assign(new MqttRefusal("refused"), { returnCode }), false);
      };
      answer().catch(deps.onError);
    },
    authorizePublish(client, packet, done) {
      const vehicleId = client ? vehicles.get(client) : undefined;
      const refuse = (): void => done(new MqttRefusal("not allowed"));
      if (vehicleId === undefined || !mayPublish(vehicleId, packet.topic)) return refuse();
      const token = tokens.get(client!)!;
      const isEvents = packet.topic === eventsTopic(vehicleId);
      // A kept message would be stored again by whoever subscribes; without QoS 1 nobody would send it again.
      if (isEvents ? packet.retain || packet.qos !== 1 : !readPresence(packet.payload)) return refuse();
      const admit = async (): Promise<void> => {
        if (isEvents) await takeEvents(deps, vehicleId, token, Buffer.from(packet.payload));
        // Its token may have been revoked since it connected.
        else if ((await deps.vehicleOfToken(token)) !== vehicleId) return refuse();
        // The acknowledgement is sent after this (MQTT 3.1.1, 4.3.2): once the events are stored.
        done(null);
      };
      admit().catch(refuse);
    },
    authorizeSubscribe(client, subscription, done) {
      const vehicleId = vehicles.get(client);
      // Null refuses this one subscription and leaves the connection.
      done(
        null,
        vehicleId !== undefined && maySubscribe(vehicleId, subscription.topic) ? subscription : null,
      );
    },
  });
  broker.on("publish", (packet, client) => {
    const vehicleId = client ? vehicles.get(client) : undefined;
    if (vehicleId === undefined || !mayPublish(vehicleId, packet.topic)) return;
    const presence = packet.topic === presenceTopic(vehicleId) ? readPresence(packet.payload) : undefined;
    if (presence) deps.onPresence(vehicleId, presence);
  });
  broker.on("client", () => deps.onClients(broker.connectedClients));
  broker.on("clientDisconnect", (client) => {
    owners.delete(client.id);
    deps.onClients(broker.connectedClients);
  });

  const onSocket = (socket: Socket): void => {
    // A connection that ends in the middle is daily business.
    socket.on("error", () => socket.destroy());
    broker.handle(socket);
  };
  const server = deps.tls ? createTlsServer(deps.tls, onSocket) : createServer(onSocket);
  const connections = new Connections();
  connections.watch(server);
  return {
    server,
    wakeUp(vehicleId) {
      const packet = { topic: wakeUpTopic(vehicleId), payload: "", qos: 1, retain: false } as const;
      broker.publish({ cmd: "publish", dup: false, ...packet }, (error) => {
        if (error) deps.onError(error);
      });
    },
    async close() {
      await closeWithin(CLOSE_GRACE_MS, connections, async () => {
        await new Promise<void>((resolve) => broker.close(resolve));
        if (server.listening) await new Promise<void>((resolve) => server.close(() => resolve()));
      });
    },
  };
}
