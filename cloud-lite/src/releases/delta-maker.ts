import { createHash } from "node:crypto";
import { transportTargetName, type TransportTargetCustom } from "@halfshaft/ota-format/trust";
import type { ArtifactStore } from "../artifacts/store.ts";
import type { Database } from "../db/open.ts";
import type { Metrics } from "../plugins/metrics.ts";
import { addImageTargets, imageScope, signImageRepository } from "../trust/image-repository.ts";
import type { Signers } from "../trust/keys.ts";
import { isWorthwhile } from "./delta-rules.ts";
import { finishDelta, nextPending, type PendingDelta } from "./delta-store.ts";

/** Makes deltas in the background, one at a time; what was pending when the process ended is made after its start. */
export interface DeltaMaker {
  /** Looks for pending deltas, unless it is at work already. */
  wake(): void;
  /** Resolves when nothing is pending. */
  idle(): Promise<void>;
  close(): Promise<void>;
}

/** The part of `@halfshaft/ota-format/delta`'s engine that the cloud needs. */
export interface DeltaCreator {
  create(base: Uint8Array, result: Uint8Array): Promise<Uint8Array>;
  close?(): Promise<void> | void;
}

interface MakerDeps {
  readonly db: Database;
  readonly artifacts: ArtifactStore;
  readonly signers: Signers;
  readonly metrics: Metrics;
  readonly now: () => number;
  /** Started when the first delta is needed: it may be a thread with a memory of its own. */
  readonly engine: () => DeltaCreator;
  readonly onError: (error: unknown) => void;
}

export function createDeltaMaker(deps: MakerDeps): DeltaMaker {
  const maker: { engine?: DeltaCreator; running?: Promise<void>; closed: boolean } = { closed: false };

  const makeAll = async (): Promise<void> => {
    for (;;) {
      const pending = maker.closed ? undefined : await nextPending(deps.db);
      if (!pending) break;
      maker.engine ??= deps.engine();
      await makeDelta(deps, maker.engine, pending);
    }
    // Between releases nobody needs the engine's thread and its memory.
    await maker.engine?.close?.();
    maker.engine = undefined;
  };

  return {
    wake() {
      if (maker.closed) return;
      // One after another: a look that begins after this call cannot miss what was asked for before it.
      const mine: Promise<void> = (maker.running ?? Promise.resolve())
        .then(makeAll)
        .catch(deps.onError)
        .finally(() => {
          if (maker.running === mine) maker.running = undefined;
        });
      maker.running = mine;
    },
    async idle() {
      while (maker.running) await maker.running;
    },
    async close() {
      maker.closed = true;
      await maker.running;
    },
  };
}

async function makeDelta(deps: MakerDeps, engine: DeltaCreator, pending: PendingDelta): Promise<void> {
  let patch: Uint8Array;
  try {
    const base = await deps.artifacts.read(pending.baseSha256);
    const result = await deps.artifacts.read(pending.sha256);
    patch = await engine.create(base, result);
  } catch (error) {
    deps.onError(error);
    const failure = error instanceof Error ? error.message : String(error);
    deps.metrics.deltas.inc({ state: "failed" });
    return finishDelta(deps.db, pending, deps.now(), { state: "failed", failure });
  }
  if (!isWorthwhile(patch.length, pending.length)) {
    deps.metrics.deltas.inc({ state: "skipped" });
    return finishDelta(deps.db, pending, deps.now(), { state: "skipped", length: patch.length });
  }
  const sha256 = await deps.artifacts.put(patch);
  const sha512 = createHash("sha512").update(patch).digest("hex");
  const custom: TransportTargetCustom = {
    format: pending.format,
    base: { sha256: pending.baseSha256, length: pending.baseLength },
    result: { sha256: pending.sha256, length: pending.length },
  };
  await deps.db.transaction().execute(async (tx) => {
    const scope = imageScope(tx, pending.organisationId, deps.now());
    const path = transportTargetName(pending.baseSha256, pending.sha256, pending.format);
    await addImageTargets(scope, [{ path, role: "transport", length: patch.length, sha256, sha512, custom }]);
    await signImageRepository(scope, deps.signers, ["transport"]);
    await finishDelta(tx, pending, scope.at, { state: "made", length: patch.length, sha256 });
  });
  deps.metrics.deltas.inc({ state: "made" });
  return undefined;
}
