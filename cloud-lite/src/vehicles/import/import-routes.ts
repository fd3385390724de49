import { createHash } from "node:crypto";
import type { Readable } from "node:stream";
import { finished } from "node:stream/promises";
import { Type, type Static } from "typebox";
import { Id, Sha256, WallTime } from "@halfshaft/ota-format";
import type { Actor } from "../../access/store.ts";
import type { App, Cloud } from "../../cloud.ts";
import { cutPage, PageQuery, readPage } from "../../db/cursor.ts";
import type { Database } from "../../db/database.ts";
import { actorOf } from "../../plugins/admission.ts";
import { answer, answers, fileBody, ref } from "../../plugins/answers.ts";
import { digested, importVehicles } from "./import.ts";
import { csvRows } from "./import-csv.ts";
import { listedRows, ndjsonRows, type Row } from "./import-rows.ts";
import { getImport, listRowErrors } from "./import-store.ts";
import { present } from "../store.ts";

const closed = { additionalProperties: false } as const;
const Count = Type.Integer({ minimum: 0 });

const ImportError = Type.Object(
  {
    line: Type.Integer({ minimum: 1, description: "Of the file, from 1; in a JSON list the place in it" }),
    field: Type.Optional(
      Type.String({ description: "Column, or path within the row", examples: ["ecu2.version"] }),
    ),
    code: Type.String({ examples: ["FIELD_INVALID"] }),
    sentence: Type.String(),
  },
  closed,
);

export const VehicleImport = Type.Object(
  {
    importId: Id,
    dryRun: Type.Boolean(),
    state: Type.Enum(["running", "finished", "broken"], {
      description: "broken: the file ended in the middle; what was taken stays",
    }),
    sha256: Type.Optional(Type.String({ ...Sha256, description: "Of the file" })),
    created: Count,
    updated: Count,
    unchanged: Count,
    refused: Count,
    errors: Type.Array(ImportError, { description: "The first 100; the others by …/errors" }),
    startedAt: WallTime,
    endedAt: Type.Optional(WallTime),
  },
  { ...closed, $id: "VehicleImport" },
);
type VehicleImport = Static<typeof VehicleImport>;

const FLAG = ["true", "false"] as const;
const ImportQuery = Type.Object(
  {
    dryRun: Type.Optional(Type.Enum(FLAG, { description: "Only says what would be done" })),
    allowUnknownHardware: Type.Optional(
      Type.Enum(FLAG, {
        description: "Takes ECUs whose hardware is not registered; a gateway's never needs to be",
      }),
    ),
  },
  closed,
);

const SHOWN_ERRORS = 100;
const tags = ["vehicles"];
const Params = Type.Object({ importId: Id });

/** Reads a body as it comes; a list in JSON is in memory already. */
const READERS: Readonly<Record<string, (bytes: AsyncIterable<Uint8Array>) => AsyncIterable<Row>>> = {
  "text/csv": csvRows,
  "application/x-ndjson": ndjsonRows,
};

/** As-built vehicles by the hundred thousand. */
export function addImportRoutes(app: App, cloud: Cloud): void {
  app.register((scoped: App, _options, done) => {
    // Not read here: the handler takes the bytes as they come, and the sender waits.
    scoped.addContentTypeParser(Object.keys(READERS), (_request, payload, parsed) => parsed(null, payload));
    addImportRoute(scoped, cloud);
    done();
  });

  app.get(
    "/api/v1/vehicles/imports/:importId",
    {
      schema: {
        tags,
        summary: "Read what an import did, or has done so far",
        params: Params,
        response: answers(ref(VehicleImport)),
      },
    },
    async (request) => {
      const { importId } = request.params;
      return answer(cloud, request, await readImport(cloud.db, actorOf(request), importId));
    },
  );

  app.get(
    "/api/v1/vehicles/imports/:importId/errors",
    {
      schema: {
        tags,
        summary: "List the rows that an import refused, in the order of the file",
        params: Params,
        querystring: Type.Object(PageQuery, closed),
        response: answers(Type.Array(ImportError)),
      },
    },
    async (request) => {
      const actor = actorOf(request);
      const { importId } = request.params;
      const page = readPage(request.query);
      await getImport(cloud.db, actor, importId);
      const found = await listRowErrors(cloud.db, actor.organisationId, importId, page);
      const { rows, nextCursor } = cutPage(found, page, (row) => row.position);
      return answer(cloud, request, rows.map(errorView), nextCursor);
    },
  );
}

function addImportRoute(app: App, cloud: Cloud): void {
  app.post(
    "/api/v1/vehicles/import",
    {
      schema: {
        tags,
        summary: "Import as-built vehicles from CSV, JSON lines or a list; doing it again changes nothing",
        querystring: ImportQuery,
        body: fileBody("text/csv", "application/x-ndjson", "application/json"),
        response: answers(ref(VehicleImport)),
      },
    },
    async (request) => {
      const actor = actorOf(request);
      const { dryRun, allowUnknownHardware } = request.query;
      const options = { dryRun: dryRun === "true", allowUnknownHardware: allowUnknownHardware === "true" };
      const run = { cloud, actor, requestId: request.id, options };
      const type = request.headers["content-type"]?.split(";")[0]?.trim().toLowerCase() ?? "";
      const body: unknown = request.body;
      const reader = READERS[type];
      const importId = reader ? await fromStream(run, body as Readable, reader) : await fromList(run, body);
      return answer(cloud, request, await readImport(cloud.db, actor, importId));
    },
  );
}

type Run = Parameters<typeof importVehicles>[0];

async function fromStream(run: Run, body: Readable, reader: (typeof READERS)[string]): Promise<string> {
  const { bytes, digest } = digested(body.iterator({ destroyOnReturn: false }));
  try {
    return await importVehicles(run, reader(bytes), digest);
  } finally {
    // A sender listens to a refusal when all of its file has been taken from it.
    body.resume();
    await finished(body).catch(() => undefined);
  }
}

function fromList(run: Run, body: unknown): Promise<string> {
  const list = Array.isArray(body) ? body : [body];
  const digest = (): string => createHash("sha256").update(JSON.stringify(list)).digest("hex");
  return importVehicles(run, listedRows(list), digest);
}

async function readImport(db: Database, reader: Actor, importId: string): Promise<VehicleImport> {
  const row = await getImport(db, reader, importId);
  const errors = await listRowErrors(db, reader.organisationId, importId, { limit: SHOWN_ERRORS });
  const { dryRun, state, sha256, created, updated, unchanged, refused, startedAt, endedAt } = row;
  return {
    importId,
    dryRun: dryRun === 1,
    ...present({ state, sha256, created, updated, unchanged, refused, startedAt, endedAt }),
    errors: errors.slice(0, SHOWN_ERRORS).map(errorView),
  };
}

const errorView = ({ line, field, code, sentence }: Awaited<ReturnType<typeof listRowErrors>>[number]) =>
  present({ line, field, code, sentence });
