import { afterEach, expect, test } from "vitest";
import { memoryArtifacts } from "../artifacts/memory-store.ts";
import type { ArtifactStore } from "../artifacts/store.ts";
import { Refusal } from "../refusals.ts";
import { testCloud, type TestCloud } from "../testing.ts";

let made: TestCloud | undefined;
afterEach(() => made?.close());

const away = new Refusal("ARTIFACTS_UNREACHABLE", {
  place: "https://s3.example/firmware",
  reason: "no answer",
});

/** A store that is away as long as `isAway`, and counts how often it is asked. */
function failingStore(): { store: ArtifactStore; isAway: boolean; asked: number } {
  const state = {
    isAway: true,
    asked: 0,
    store: {
      ...memoryArtifacts(),
      async check() {
        state.asked += 1;
        if (state.isAway) throw away;
      },
    },
  };
  return state;
}

const ready = () => made!.call("GET", "/health/ready", { token: null });

test("A10 a cloud whose artifact store is away is not ready, and says which part it is", async () => {
  made = await testCloud({ artifacts: failingStore().store });
  const answer = await ready();
  expect(answer.status).toBe(503);
  expect(answer.problem()).toMatchObject({
    code: "NOT_READY",
    detail: "The cloud is not ready: the artifact store does not answer.",
  });
});

test("A10 the artifact store is asked at most every five seconds, and a cloud is ready again once it is back", async () => {
  const artifacts = failingStore();
  made = await testCloud({ artifacts: artifacts.store });
  await Promise.all([ready(), ready()]);
  artifacts.isAway = false;
  expect([(await ready()).status, artifacts.asked]).toEqual([503, 1]);
  made.clock.at += 5001;
  expect([(await ready()).status, artifacts.asked]).toEqual([200, 2]);
});
