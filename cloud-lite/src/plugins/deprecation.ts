import type { onRequestHookHandler } from "fastify";
import type { App } from "../cloud.ts";

/** A route that is to go. */
export interface Deprecation {
  /** When it was said, UTC ms. */
  readonly since: number;
  /** From when on it may be gone, UTC ms; a major version is needed for it. */
  readonly sunset?: number;
  /** Where it is told what to use instead. */
  readonly link?: string;
}

declare module "fastify" {
  interface FastifyContextConfig {
    deprecated?: Deprecation;
  }
}

/**
 * Lets every answer of a deprecated route say so: Deprecation (RFC 9745), Sunset (RFC 8594) and a link. Register it
 * before the routes.
 */
export function addDeprecation(app: App): void {
  app.addHook("onRoute", (route) => {
    const deprecated = route.config?.deprecated;
    if (!deprecated) return;
    route.schema = { ...route.schema, deprecated: true };
    const tell: onRequestHookHandler = (_request, reply, proceed) => {
      reply.headers(deprecationHeaders(deprecated));
      proceed();
    };
    // Before anybody is refused.
    route.onRequest = [tell, ...[route.onRequest ?? []].flat()];
  });
}

/** Deprecation is a date of structured fields (RFC 9651, 3.3.7), Sunset one of HTTP. */
const deprecationHeaders = ({ since, sunset, link }: Deprecation): Record<string, string> => ({
  deprecation: `@${Math.floor(since / 1000)}`,
  ...(sunset === undefined ? {} : { sunset: new Date(sunset).toUTCString() }),
  ...(link === undefined ? {} : { link: `<${link}>; rel="deprecation"; type="text/html"` }),
});
