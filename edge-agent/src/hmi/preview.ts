import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { GatewayControls, GatewayState } from "../gateway-state.ts";
import { fixtures } from "./fixtures.ts";
import { createHmiServer, mountHmi } from "./server.ts";

/** Every state of the HMI with fixed data, one below each other: `node preview.ts --port 8400`, then /offer/, /progress/ … */
export async function createPreview(pageFolder?: string) {
  const app = await createHmiServer();
  for (const [name, state] of Object.entries(fixtures)) {
    await mountHmi(app, { prefix: `/${name}`, controls: fixed(state), pageFolder });
  }
  app.get("/", async (_request, reply) => {
    const links = Object.keys(fixtures).map((name) => `<li><a href="/${name}/">${name}</a>`);
    return reply
      .type("text/html")
      .send(`<!doctype html><title>States of the HMI</title><ul>${links.join("")}</ul>`);
  });
  return app;
}

/** A gateway that stays as it is and agrees to everything. */
function fixed(state: GatewayState): GatewayControls {
  return {
    subscribe: () => () => {},
    current: () => state,
    decide: async () => true,
    check: async () => {},
    acknowledge: async () => true,
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({ options: { port: { type: "string", default: "8400" } } });
  const app = await createPreview();
  process.stdout.write(`${await app.listen({ port: Number(values.port) })}\n`);
}
