import swagger from "@fastify/swagger";
import swaggerUi from "@fastify/swagger-ui";
import type { App } from "../cloud.ts";
import { type ApiDocument, withExamples } from "./openapi-examples.ts";

/** Generates the OpenAPI 3.1 document from the schemas of the routes; register it before them. */
export async function addOpenApi(app: App): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "Halfshaft cloud",
        version: "1.0.0",
        description:
          "Releases, campaigns, jobs, telemetry and audit. Answers are `{data, metadata, timestamp}`, refusals " +
          "are problem details (RFC 9457) with a stable `code` and what to do. Lists page by cursor. Writes take " +
          "an `Idempotency-Key`.",
        license: { name: "Apache-2.0", identifier: "Apache-2.0" },
      },
      components: {
        securitySchemes: {
          bearer: {
            type: "http",
            scheme: "bearer",
            description:
              "An operator key (hs_op_…) or session (hs_se_…), or a vehicle's device token (hs_dv_…) on /api/v1/device",
          },
        },
      },
      security: [{ bearer: [] }],
      tags: [
        { name: "vehicles", description: "Vehicles, their ECUs and their device tokens" },
        { name: "releases", description: "Hardware, releases, images and deltas" },
        { name: "campaigns", description: "Which vehicles get a release, and how the driver is asked" },
        { name: "jobs", description: "One vehicle's run of a campaign" },
        { name: "device", description: "What a vehicle calls" },
        { name: "repositories", description: "The two TUF repositories" },
        { name: "audit", description: "Who did what" },
        { name: "live", description: "Committed changes as they come" },
        { name: "webhooks", description: "Committed changes, told to other systems" },
        { name: "access", description: "Users, groups of grants, sessions and API keys" },
        { name: "operation", description: "Health" },
      ],
    },
    refResolver: {
      buildLocalReference: (schema, _base, _fragment, index) =>
        typeof schema.$id === "string" ? schema.$id : `schema-${index}`,
    },
  });
  await app.register(swaggerUi, { routePrefix: "/docs", staticCSP: true, logLevel: "warn" });
  let document: ApiDocument | undefined;
  app.get(
    "/api/v1/openapi.json",
    { config: { access: "anyone" }, schema: { hide: true } },
    () => (document ??= openApiDocument(app)),
  );
}

/** The document as it is served and checked in. */
export const openApiDocument = (app: App): ApiDocument =>
  withExamples(app.swagger() as unknown as ApiDocument);
