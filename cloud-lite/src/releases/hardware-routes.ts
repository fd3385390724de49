import { Type } from "typebox";
import { HardwareId } from "@halfshaft/ota-format";
import type { App, Cloud } from "../cloud.ts";
import { PageQuery, readPage } from "../db/cursor.ts";
import { sortParameter } from "../db/order.ts";
import { wordsParameter } from "../db/words.ts";
import { actorOf } from "../plugins/admission.ts";
import { answer, answers, answersWithETag, answerWithETag, ref } from "../plugins/answers.ts";
import { ConditionalHeaders, writeIfMatch } from "../plugins/conditions.ts";
import { findHardware, getHardware, HARDWARE_ORDERS, listHardware, putHardware } from "./hardware-store.ts";
import { checkRegions } from "./formats/memory.ts";
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
        headers: ConditionalHeaders,
        body: HardwareBody,
        response: answers(ref(Hardware)),
      },
    },
    (request, reply) => {
      const { hardwareId } = request.params;
      checkRegions(hardwareId, request.body.regions);
      return writeIfMatch(cloud, request, reply, {
        current: (work) => findHardware(work.tx, work.organisationId, hardwareId),
        async change(work, before) {
          const given = { hardwareId, ...request.body };
          const after = await putHardware(work.tx, work.organisationId, work.at, given);
          await work.audit({
            action: "hardware.put",
            subjectKind: "hardware",
            subjectId: hardwareId,
            payload: { before, after },
          });
          return after;
        },
      });
    },
  );

  app.get(
    "/api/v1/hardware",
    {
      schema: {
        tags: ["releases"],
        summary: "List the ECU types",
        querystring: Type.Object(
          {
            ...PageQuery,
            sort: sortParameter(HARDWARE_ORDERS),
            q: wordsParameter("the id and the title", "engine"),
          },
          { additionalProperties: false },
        ),
        response: answers(Type.Array(ref(Hardware))),
      },
    },
    async (request) => {
      const page = readPage(request.query);
      const { organisationId } = actorOf(request);
      const { rows, nextCursor } = await listHardware(cloud.db, organisationId, page, request.query);
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
        response: answersWithETag(ref(Hardware)),
      },
    },
    async (request, reply) => {
      const { organisationId } = actorOf(request);
      const hardware = await getHardware(cloud.db, organisationId, request.params.hardwareId);
      return answerWithETag(cloud, request, reply, hardware);
    },
  );
}
