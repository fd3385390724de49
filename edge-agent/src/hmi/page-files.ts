import { existsSync } from "node:fs";
import fastifyStatic from "@fastify/static";
import type { FastifyPluginAsync } from "fastify";
import { PROBLEMS } from "./problems.ts";

const YEAR_SECONDS = 31_536_000;

/** The built page. Files below `assets/` carry a digest in their name and may be kept; the rest is asked for anew. */
export const pageFiles: FastifyPluginAsync<{ readonly folder: string }> = async (app, { folder }) => {
  if (!existsSync(`${folder}/index.html`)) {
    // For a person with a browser, hence text.
    app.get("/", async (_request, reply) => {
      const { title, help } = PROBLEMS.PAGE_NOT_BUILT;
      return reply.code(503).type("text/plain; charset=utf-8").send(`${title}. ${help}\n`);
    });
    return;
  }
  await app.register(fastifyStatic, {
    root: folder,
    decorateReply: false,
    cacheControl: false,
    setHeaders: (reply, path) => {
      const kept = path.includes("/assets/");
      void reply.header("cache-control", kept ? `public, max-age=${YEAR_SECONDS}, immutable` : "no-cache");
    },
  });
};
