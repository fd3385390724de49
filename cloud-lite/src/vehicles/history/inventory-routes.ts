import { Readable } from "node:stream";
import { Type } from "typebox";
import { EcuId, HardwareId, Id, Sha256, WallTime } from "@halfshaft/ota-format";
import type { App, Cloud } from "../../cloud.ts";
import { actorOf } from "../../plugins/admission.ts";
import { answer, answers, fileAnswers } from "../../plugins/answers.ts";
import { fleetInventory, inventoryOf } from "./inventory.ts";
import { inventoryHeader, inventoryRow, type InventoryEntry } from "./inventory-rules.ts";
import { VehicleId, Vin } from "../schema.ts";
import { scopesFor } from "../scope.ts";
import { getVehicle } from "../store.ts";
import { requireVehicle } from "../twin/twin-access.ts";

const closed = { additionalProperties: false } as const;
const tags = ["vehicles"];
const orNull = <T extends Parameters<typeof Type.Union>[0][number]>(type: T) =>
  Type.Union([type, Type.Null()]);

const Rxswin = Type.String({ minLength: 1, maxLength: 64, examples: ["R79 1234567"] });

const Entry = Type.Object(
  {
    vehicleId: VehicleId,
    vin: orNull(Vin),
    rxswin: Type.Array(Rxswin, { description: "Of the release that the software belongs to" }),
    ecuId: EcuId,
    name: Type.String(),
    hardwareId: HardwareId,
    hardwareRevision: orNull(Type.String()),
    softwareId: orNull(
      Type.String({ description: "The image in the signed repository", examples: ["images/HW-1_2.0.0.bin"] }),
    ),
    version: orNull(Type.String()),
    sha256: orNull(Sha256),
    source: Type.Enum(["update", "built", "other", "unknown"], {
      description: "update: by a job; built: as it left the line; other: by other means",
    }),
    installedAt: orNull({ ...WallTime, description: "When the cloud was told of it" }),
    releaseId: orNull(Id),
    release: orNull(Type.String()),
    campaignId: orNull(Id),
    jobId: orNull(Id),
    approvedBy: orNull(Type.String()),
    approvedAt: orNull(WallTime),
  },
  closed,
);

const WRITERS = {
  ndjson: {
    type: "application/x-ndjson",
    header: "",
    row: (entry: InventoryEntry) => `${JSON.stringify(entry)}\n`,
  },
  csv: { type: "text/csv; charset=utf-8", header: inventoryHeader(), row: inventoryRow },
} as const;

/** What software runs where, since when, and who approved it: the record that UN R156 asks for. */
export function addInventoryRoutes(app: App, cloud: Cloud): void {
  app.get(
    "/api/v1/vehicles/:vehicleId/software-inventory",
    {
      schema: {
        tags,
        summary: "List a vehicle's software with its RXSWIN, releases and approvals",
        params: Type.Object({ vehicleId: VehicleId }),
        response: answers(Type.Array(Entry)),
      },
    },
    async (request) => {
      const actor = actorOf(request);
      const { organisationId } = actor;
      const { vehicleId } = request.params;
      await requireVehicle(cloud.db, actor, vehicleId, "fleet.read");
      const { vin = null } = await getVehicle(cloud.db, organisationId, vehicleId);
      const entries = await inventoryOf(cloud.db, organisationId, [{ vehicleId, vin }]);
      return answer(
        cloud,
        request,
        entries.map((entry) => ({ ...entry, rxswin: [...entry.rxswin] })),
      );
    },
  );

  const ndjson = fileAnswers("application/x-ndjson", "One line or row for each ECU, in order of vehicle id");
  const { content } = fileAnswers("text/csv", "")[200];
  app.get(
    "/api/v1/software-inventory",
    {
      schema: {
        tags,
        summary: "Export the software of the whole fleet, or of one RXSWIN, as JSON lines or CSV",
        querystring: Type.Object(
          { format: Type.Optional(Type.Enum(["ndjson", "csv"])), rxswin: Type.Optional(Rxswin) },
          closed,
        ),
        response: { ...ndjson, 200: { ...ndjson[200], content: { ...ndjson[200].content, ...content } } },
      },
    },
    async (request, reply) => {
      const { organisationId } = actorOf(request);
      const { format = "ndjson", rxswin } = request.query;
      const { type, header, row } = WRITERS[format];
      const entries = fleetInventory(cloud.db, organisationId, scopesFor(request, "fleet.read"), rxswin);
      const name = `software-inventory.${format}`;
      return reply
        .type(type)
        .header("content-disposition", `attachment; filename="${name}"`)
        .send(Readable.from(lines(entries, header, row)));
    },
  );
}

async function* lines(
  entries: AsyncIterable<InventoryEntry>,
  header: string,
  row: (entry: InventoryEntry) => string,
): AsyncGenerator<string> {
  if (header !== "") yield header;
  for await (const entry of entries) yield row(entry);
}
