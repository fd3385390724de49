import { Type } from "typebox";
import { HardwareId } from "@halfshaft/ota-format";
import type { App, Cloud } from "../cloud.ts";
import { cutPage, PageQuery, readPage } from "../db/cursor.ts";
import { actorOf } from "../plugins/admission.ts";
import { answer, answers, ref } from "../plugins/answers.ts";
import { write, WriteHeaders } from "../plugins/writes.ts";
import { getHardware, listHardware, putHardware } from "./hardware-store.ts";
import { checkRegions } from "./memory.ts";
import { Hardware, HardwareBody } from "./schema.ts";

const Params = Type.Object({ hardwareId: HardwareId });

export function addHardwareRoutes(app: App, cloud: Cloud): void {
  app.put(
    "/api/v1/hardware/:hardwareId",
    {
      schema: {
        tags: ["releases"],
        summary: "Register an ECU type: its memory, and which regions are flashed",
        params: Params,
        headers: WriteHeaders,
        body: HardwareBody,
        response: answers(ref(Hardware)),
      },
    },
    (request, reply) =>
      write(cloud, request, reply, async (work) => {
        const { hardwareId } = request.params;
        checkRegions(hardwareId, request.body.regions);
        const hardware = await putHardware(work.tx, work.organisationId, work.at, {
          hardwareId,
          ...request.body,
        });
        await work.audit({
          action: "hardware.put",
          subjectKind: "hardware",
          subjectId: hardwareId,
          payload: hardware,
        });
        return hardware;
      }),
  );

  app.get(
    "/api/v1/hardware",
    {
      schema: {
        tags: ["releases"],
        summary: "List the ECU types",
        querystring: Type.Object(PageQuery, { additionalProperties: false }),
        response: answers(Type.Array(ref(Hardware))),
      },
    },
    async (request) => {
      const page = readPage(request.query);
      const found = await listHardware(cloud.db, actorOf(request).organisationId, page);
      const { rows, nextCursor } = cutPage(found, page, (row) => row.hardwareId);
      return answer(cloud, request, rows, nextCursor);
    },
  );

  app.get(
    "/api/v1/hardware/:hardwareId",
    {
      schema: {
        tags: ["releases"],
        summary: "Read an ECU type",
        params: Params,
        response: answers(ref(Hardware)),
      },
    },
    async (request) =>
      answer(
        cloud,
        request,
        await getHardware(cloud.db, actorOf(request).organisationId, request.params.hardwareId),
      ),
  );
}
