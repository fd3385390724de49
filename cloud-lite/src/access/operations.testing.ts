import type { RouteOptions } from "fastify";
import type { App } from "../cloud.ts";
import { openApiDocument } from "../plugins/openapi.ts";
import type { ApiDocument, Schema } from "../plugins/openapi-examples.ts";
import type { Admittance } from "../plugins/route-permissions.ts";
import type { Call } from "../testing.ts";

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** One route of the app, with what its declaration and its schema say. */
export interface Operation {
  /** As the OpenAPI document writes it: `POST /api/v1/vehicles/{vehicleId}/retire`. */
  readonly name: string;
  readonly method: Method;
  readonly path: string;
  readonly params: readonly string[];
  readonly admittance: Admittance;
  /** Of a body in JSON. */
  readonly body?: { readonly schema: Schema; readonly example: unknown };
  /** Of a body that is a file. */
  readonly mediaType?: string;
  /** Names of the parameters of its query. */
  readonly query: readonly string[];
  readonly takesKey: boolean;
  readonly isStream: boolean;
  readonly isDocumented: boolean;
}

/** Gathers the routes of an app while they are added: call `gather` in `extend`, `operations` when it is ready. */
export function routeCollector(): {
  readonly gather: (app: App) => void;
  readonly operations: (app: App) => Operation[];
} {
  const routes: RouteOptions[] = [];
  return {
    gather: (app) => void app.addHook("onRoute", (route) => void routes.push(route)),
    operations(app) {
      const document = openApiDocument(app);
      return routes.flatMap((route) =>
        [route.method]
          .flat()
          .filter((method) => method !== "HEAD" && method !== "OPTIONS")
          .map((method) => operationOf(document, route, method as Method)),
      );
    },
  };
}

interface Described {
  readonly requestBody?: { readonly content?: Record<string, { schema?: Schema; example?: unknown }> };
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
}

function operationOf(document: ApiDocument, route: RouteOptions, method: Method): Operation {
  const path = route.url.replaceAll(/:(\w+)/g, "{$1}");
  const described: Described | undefined = document.paths[path]?.[method.toLowerCase()];
  const parameters = described?.parameters ?? [];
  const content = described?.requestBody?.content ?? {};
  const json = content["application/json"];
  const mediaType = Object.keys(content)[0];
  const isFile = mediaType !== undefined && mediaType !== "application/json";
  return {
    name: `${method} ${path}`,
    method,
    path,
    params: [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!),
    admittance: route.config!.admittance!,
    ...(json?.schema && !isFile ? { body: { schema: json.schema, example: json.example } } : {}),
    ...(isFile ? { mediaType } : {}),
    query: parameters.filter((parameter) => parameter.in === "query").map(({ name }) => name),
    takesKey: parameters.some(({ name }) => name === "idempotency-key"),
    isStream: path.startsWith("/api/v1/streams/"),
    isDocumented: described !== undefined,
  };
}

/** Parameters of paths by name; `<first folder>.<name>`, such as `vehicles.credentialId`, goes before. */
export type Ids = Readonly<Record<string, string>>;

/** The path with its parameters filled in; one that is not given is an id of nothing. */
export function urlOf({ path }: Operation, ids: Ids): string {
  const folder = path.replace("/api/v1/", "").split("/")[0]!;
  const filled = path.replaceAll(
    /\{(\w+)\}/g,
    (_, name: string) => ids[`${folder}.${name}`] ?? ids[name] ?? NOTHING,
  );
  return `${filled}${QUERIES[path] ?? ""}`;
}

const NOTHING = "00000000-0000-7000-8000-000000000009";

/** What a route cannot do without. */
const QUERIES: Readonly<Record<string, string>> = {
  "/api/v1/releases/{releaseId}/images/{hardwareId}": "?version=9.0.0&releaseCounter=9",
};

/** A request as the document shows it, or with another body. */
export function exampleCall({ body, mediaType }: Operation, other?: unknown): Call {
  if (mediaType !== undefined && other === undefined) {
    return { body: Buffer.alloc(64, 7), type: mediaType, headers: { "upload-offset": "0" } };
  }
  const sent = other ?? body?.example;
  return sent === undefined ? {} : { body: sent };
}
