import { createHash } from "node:crypto";
import { afterAll, describe, expect, test } from "vitest";
import { createBsdiff40 } from "./bsdiff40-create.ts";
import { codeLikePair } from "./code-like-pair.ts";
import { createDetools, type LzmaCompressor } from "./detools/detools-create.ts";
import { encodeLiterals } from "./detools/literal-encoder.ts";
import { listDetoolsSteps } from "./detools/detools-steps.ts";
import { inlineDeltaEngine } from "./engine.ts";
import { createImagePatch } from "./image-patch.ts";
import { workerDeltaEngine } from "./worker-engine.ts";

const { base, result } = codeLikePair(600_000, 3);
const patch = createBsdiff40(base, result);
const sha256 = (bytes: Uint8Array): Uint8Array => createHash("sha256").update(bytes).digest();
const REQUEST = {
  base,
  baseSha256: sha256(base),
  patch,
  resultSha256: sha256(result),
  resultLength: result.length,
};

describe.each([
  ["inline", inlineDeltaEngine()],
  ["worker", workerDeltaEngine()],
])("the %s engine", (_, engine) => {
  afterAll(() => engine.close());

  test("U5 it creates the patch and tells its progress", async () => {
    const shares: number[] = [];
    expect(await engine.create(base, result, { onProgress: (share) => shares.push(share) })).toEqual(patch);
    expect(shares.at(-1)).toBeCloseTo(1);
  });

  test("U5 it lists the steps of an ECU's patch", async () => {
    expect(await engine.listDetoolsSteps(base, result)).toEqual(listDetoolsSteps(base, result));
  });

  test("E5 it makes the image of an ECU's patches, segment by segment", async () => {
    const [from, to] = [base.subarray(0, 3000), result.subarray(0, 3000)];
    const segments = [
      { address: 0, length: 2000 },
      { address: 0x1000_1000, length: 1000 },
    ];
    const compress: LzmaCompressor = async (bytes, properties) => encodeLiterals(bytes, properties);
    const file = await createImagePatch(to, segments, (part) =>
      createDetools(from, part, { engine, compress }),
    );
    const request = { base: from, patch: file, maxResultBytes: to.length };
    expect(Buffer.compare(await engine.applyImagePatch(request), to)).toBe(0);
    const tooLong = engine.applyImagePatch({ ...request, maxResultBytes: 2999 });
    await expect(tooLong).rejects.toMatchObject({ name: "DeltaError", code: "too-large" });
  });

  test("E5 it hands the result over in order and waits for a slow taker", async () => {
    const chunks: Uint8Array[] = [];
    let taking = false;
    await engine.apply(REQUEST, async (chunk) => {
      expect(taking).toBe(false);
      taking = true;
      await Promise.resolve();
      taking = false;
      chunks.push(chunk);
    });
    expect(chunks.length).toBe(Math.ceil(result.length / 0x40000));
    expect(Buffer.compare(Buffer.concat(chunks), result)).toBe(0);
  });

  test("E5 it refuses another base before it hands anything over", async () => {
    let handed = 0;
    const applied = engine.apply({ ...REQUEST, base: base.with(9, base[9]! ^ 1) }, () => void handed++);
    await expect(applied).rejects.toMatchObject({ name: "DeltaError", code: "base-mismatch" });
    expect(handed).toBe(0);
  });

  test.each([
    ["of another digest", { resultSha256: sha256(base) }],
    ["of another length", { resultLength: result.length + 1 }],
  ])("E5 it refuses a result %s", async (_, change) => {
    const applied = engine.apply({ ...REQUEST, ...change }, () => undefined);
    await expect(applied).rejects.toMatchObject({ name: "DeltaError", code: "result-mismatch" });
  });

  test("E5 what the taker throws comes back, and the engine goes on", async () => {
    const full = new RangeError("disk full");
    const applied = engine.apply(REQUEST, () => Promise.reject(full));
    await expect(applied).rejects.toBe(full);
    expect(await engine.create(base, result)).toEqual(patch);
  });

  test("U5 an aborted job rejects with the reason, and the engine goes on", async () => {
    const controller = new AbortController();
    const applied = engine.apply(REQUEST, () => controller.abort("not now"), { signal: controller.signal });
    await expect(applied).rejects.toBe("not now");
    expect(await engine.create(base, result)).toEqual(patch);
  });

  test("U5 jobs asked for at once are done one after another", async () => {
    const backwards = createBsdiff40(result, base);
    expect(await Promise.all([engine.create(base, result), engine.create(result, base)])).toEqual([
      patch,
      backwards,
    ]);
  });
});
