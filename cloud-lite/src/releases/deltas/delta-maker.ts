import { createHash } from "node:crypto";
import type { EngineCreateOptions } from "@halfshaft/ota-format/delta";
import { transportTargetName, type TransportTargetCustom } from "@halfshaft/ota-format/trust";
import type { ArtifactStore } from "../../artifacts/store.ts";
import type { Database } from "../../db/database.ts";
import { inOneTransaction } from "../../db/transaction.ts";
import type { Metrics } from "../../plugins/metrics.ts";
import { addImageTargets, imageScope, signImageRepository } from "../../trust/image-repository.ts";
import type { Signers } from "../../trust/keys.ts";
import type { DeltaCreator } from "./delta-creator.ts";
import { isWorthwhile } from "./delta-rules.ts";
import {
  CLAIM_MS,
  claimNext,
  failDelta,
  findTransport,
  finishDelta,
  holdUntil,
  type PendingDelta,
} from "./delta-store.ts";

/** Makes deltas and compressed images in the background, one at a time; what was pending when the process ended is made after its start. */
export interface DeltaMaker {
  /** Looks for pending deltas whose time has come, after what it is at work on already. */
  wake(): void;
  /** The delta that is being made, and how far it is, 0…1. */
  current(): { readonly deltaId: string; readonly progress: number } | undefined;
  /** Resolves when nothing is pending but what waits to be tried again. */
  idle(): Promise<void>;
  /** Gives up what is being made: it stays pending. */
  close(): Promise<void>;
}

interface MakerDeps {
  readonly db: Database;
  readonly artifacts: ArtifactStore;
  readonly signers: Signers;
  readonly metrics: Metrics;
  readonly now: () => number;
  /** Started when the first delta is needed: it may be a thread with a memory of its own. */
  readonly creator: () => DeltaCreator;
  readonly onError: (error: unknown) => void;
}

export function createDeltaMaker(deps: MakerDeps): DeltaMaker {
  const closing = new AbortController();
  const maker: { creator?: DeltaCreator; running?: Promise<void>; current?: Current } = {};

  const makeAll = async (): Promise<void> => {
    for (;;) {
      const pending = closing.signal.aborted ? undefined : await claimNext(deps.db, deps.now());
      if (!pending) break;
      maker.creator ??= deps.creator();
      const current = { deltaId: pending.deltaId, progress: 0 };
      maker.current = current;
      const renew = claimRenewal(deps, pending);
      await makeDelta(deps, pending, maker.creator, {
        signal: closing.signal,
        onProgress(share) {
          current.progress = share;
          renew();
        },
      });
      maker.current = undefined;
    }
    // Between releases nobody needs the thread and its memory.
    await maker.creator?.close?.();
    maker.creator = undefined;
  };

  return {
    wake() {
      if (closing.signal.aborted) return;
      // One after another: a look that begins after this call cannot miss what was asked for before it.
      const mine: Promise<void> = (maker.running ?? Promise.resolve())
        .then(makeAll)
        .catch(deps.onError)
        .finally(() => {
          maker.current = undefined;
          if (maker.running === mine) maker.running = undefined;
        });
      maker.running = mine;
    },
    current: () => maker.current,
    async idle() {
      while (maker.running) await maker.running;
    },
    async close() {
      closing.abort();
      await maker.running;
    },
  };
}

/** What a compressed image starts from. */
const NO_BYTES = new Uint8Array(0);

interface Current {
  readonly deltaId: string;
  progress: number;
}

/** Keeps the claim while there is progress. @returns what is to be called at each. */
function claimRenewal({ db, now, onError }: MakerDeps, pending: PendingDelta): () => void {
  let renewedAt = now();
  return () => {
    const at = now();
    if (at - renewedAt < CLAIM_MS / 4) return;
    renewedAt = at;
    holdUntil(db, pending, at + CLAIM_MS).catch(onError);
  };
}

async function makeDelta(
  deps: MakerDeps,
  pending: PendingDelta,
  creator: DeltaCreator,
  options: EngineCreateOptions & { readonly signal: AbortSignal },
): Promise<void> {
  const path = transportTargetName(pending.baseSha256, pending.sha256, pending.format);
  const same = await findTransport(deps.db, pending.organisationId, path);
  if (same !== undefined) {
    // Another release has the same bytes: what was made for it serves here too.
    await finishDelta(deps.db, pending, deps.now(), { state: "made", ...same });
    return;
  }
  let patch: Uint8Array;
  try {
    const base = pending.baseLength === 0 ? NO_BYTES : await deps.artifacts.read(pending.baseSha256);
    const result = await deps.artifacts.read(pending.sha256);
    patch = await creator.create(pending.format, base, result, {
      ...options,
      segments: pending.segments,
    });
  } catch (error) {
    if (options.signal.aborted) return holdUntil(deps.db, pending, null);
    deps.onError(error);
    const failure = error instanceof Error ? error.message : String(error);
    const isTriedAgain = await failDelta(deps.db, pending, deps.now(), failure);
    deps.metrics.deltas.inc({ state: isTriedAgain ? "retried" : "failed" });
    return;
  }
  if (!isWorthwhile(patch.length, pending.length)) {
    deps.metrics.deltas.inc({ state: "skipped" });
    await finishDelta(deps.db, pending, deps.now(), { state: "skipped", length: patch.length });
    return;
  }
  const sha256 = await deps.artifacts.put(patch);
  const sha512 = createHash("sha512").update(patch).digest("hex");
  const custom: TransportTargetCustom = {
    format: pending.format,
    base: { sha256: pending.baseSha256, length: pending.baseLength },
    result: { sha256: pending.sha256, length: pending.length },
  };
  await inOneTransaction(deps.db, async (tx) => {
    const scope = imageScope(tx, pending.organisationId, deps.now());
    if (!(await finishDelta(tx, pending, scope.at, { state: "made", length: patch.length, sha256 }))) return;
    await addImageTargets(scope, [{ path, role: "transport", length: patch.length, sha256, sha512, custom }]);
    await signImageRepository(scope, deps.signers, ["transport"]);
  });
  deps.metrics.deltas.inc({ state: "made" });
}
