import type { AddressInfo } from "node:net";
import fastify from "fastify";

/** The ceiling: what this framework answers at most on this machine, without a plugin and without work. */
const app = fastify();
app.get("/", () => ({}));
await app.listen({ host: "127.0.0.1", port: 0 });
const { port } = app.server.address() as AddressInfo;
process.stdout.write(`${JSON.stringify({ ready: true, url: `http://127.0.0.1:${port}` })}\n`);
process.once("SIGTERM", () => void app.close());
