import { Type } from "typebox";
import { Id } from "@halfshaft/ota-format";
import type { App, Cloud } from "../../cloud.ts";
import { PageQuery, readPage } from "../../db/cursor.ts";
import { sortParameter } from "../../db/order.ts";
import { actorOf } from "../../plugins/admission.ts";
import { answer, answers, ref } from "../../plugins/answers.ts";
import { write, WriteHeaders } from "../../plugins/writes.ts";
import { DELTA_ORDERS, listDeltas } from "./delta-list.ts";
import { retryDelta } from "./delta-store.ts";
import { Delta, DeltaFilter } from "../schema.ts";
import { getRelease } from "../store.ts";

const tags = ["releases"];

export function addDeltaRoutes(app: App, cloud: Cloud): void {
  /** A delta with how far it is, where it is being made at this moment. */
  const withProgress = (delta: Delta): Delta => {
    const current = cloud.deltas.current();
    return current?.deltaId === delta.deltaId ? { ...delta, progress: current.progress } : delta;
  };

  app.get(
    "/api/v1/releases/:releaseId/deltas",
    {
      schema: {
        tags,
        summary: "List the deltas to a release's images: in which format, how large, how far",
        params: Type.Object({ releaseId: Id }),
        querystring: Type.Object(
          { ...PageQuery, sort: sortParameter(DELTA_ORDERS), ...DeltaFilter },
          { additionalProperties: false },
        ),
        response: answers(Type.Array(ref(Delta))),
      },
    },
    async (request) => {
      const { organisationId } = actorOf(request);
      const { releaseId } = request.params;
      const page = readPage(request.query);
      await getRelease(cloud.db, organisationId, releaseId);
      const ofRelease = { organisationId, releaseId };
      const { rows, nextCursor } = await listDeltas(cloud.db, ofRelease, page, request.query);
      return answer(cloud, request, rows.map(withProgress), nextCursor);
    },
  );

  app.post(
    "/api/v1/releases/:releaseId/deltas/:deltaId/retry",
    {
      schema: {
        tags,
        summary: "Make a delta that failed once more, now",
        params: Type.Object({ releaseId: Id, deltaId: Id }),
        headers: WriteHeaders,
        response: answers(ref(Delta)),
      },
    },
    (request, reply) =>
      write(cloud, request, reply, async (work) => {
        const { releaseId, deltaId } = request.params;
        const delta = await retryDelta(work.tx, work.organisationId, releaseId, deltaId);
        await work.audit({
          action: "delta.retried",
          subjectKind: "release",
          subjectId: releaseId,
          payload: delta,
        });
        work.afterCommit(() => cloud.deltas.wake());
        return delta;
      }),
  );
}
