import { expect, test } from "vitest";
import { memoryArtifacts } from "../../artifacts/memory-store.ts";
import { assembleCloud } from "../../assemble.ts";
import { firmware, publishRelease, testCloud } from "../../testing.ts";
import type { DeltaCreator } from "./delta-creator.ts";
import { CLAIM_MS } from "./delta-store.ts";

/** Notes what it is asked for, and waits for `allow` before it answers. */
function countingCreator(): { creator: DeltaCreator; made: string[]; allow: () => void } {
  const made: string[] = [];
  const allowed = Promise.withResolvers<void>();
  const creator: DeltaCreator = {
    async create(format, base, result) {
      made.push(`${format} ${base.length}`);
      await allowed.promise;
      return result.slice(0, 16);
    },
  };
  return { creator, made, allow: allowed.resolve };
}

test("A12 of two instances one makes a delta; the other one takes it over when it has died", async () => {
  const artifacts = memoryArtifacts();
  const first = countingCreator();
  const fixture = await testCloud({ deltaCreator: first.creator, artifacts });
  const { cloud, clock } = fixture;
  const second = countingCreator();
  const other = assembleCloud({
    ...cloud,
    deltaCreator: () => second.creator,
    onError: (error) => void fixture.errors.push(error),
  });
  await publishRelease(fixture, "1.0.0", firmware(1));
  await expect.poll(() => first.made).toHaveLength(1);

  other.deltas.wake();
  second.allow();
  await other.deltas.idle();
  const madeWhileClaimed = [...second.made];
  clock.at += CLAIM_MS;
  other.deltas.wake();
  await other.deltas.idle();
  first.allow();
  await cloud.deltas.idle();

  expect(madeWhileClaimed).not.toContain(first.made[0]);
  expect(second.made).toContain(first.made[0]);
  expect(new Set(second.made).size).toBe(second.made.length);
  expect(fixture.errors).toEqual([]);
  await other.deltas.close();
  await fixture.close();
});
