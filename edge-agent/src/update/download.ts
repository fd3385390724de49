import { createHash, type Hash } from "node:crypto";
import type { FactPayload } from "../journal/fact.ts";
import { ecusWithoutDelta } from "../journal/job-facts.ts";
import { HttpError } from "../http/http-error.ts";
import type { HttpAnswer } from "../http/http.ts";
import type { PartialFile } from "../staging.ts";
import type { UpdateDeps } from "./deps.ts";
import { UpdateFailure } from "./failure.ts";
import { forEachEcu, journaled } from "./journaled.ts";
import type { Job } from "./machine.ts";
import { type EcuPlan, imageSha256, type SignedFile } from "./plan-types.ts";
import { retrying } from "./retrying.ts";
import { Throttle } from "./throttle.ts";

/** The file that crosses the air for an ECU: its delta as long as nothing speaks against it, else the full image. */
export const transportOf = (ecu: EcuPlan, withoutDelta: ReadonlySet<string>): SignedFile =>
  ecu.delta !== undefined && !withoutDelta.has(ecu.ecuId) ? ecu.delta : ecu.image;

/**
 * Brings every file that is not in the gateway yet, going on where an earlier run stopped, and waits as long as the
 * offer holds for a connection that is lost. Digests are made of what is written; judging them is for `verify`.
 * @throws {UpdateFailure}
 */
export function download({ offer, plan }: Job, deps: UpdateDeps, signal: AbortSignal): Promise<void> {
  const withoutDelta = ecusWithoutDelta(deps.journal.facts);
  const policy = { stage: "download", codes: ["DOWNLOAD_INTERRUPTED"], until: offer.expiresAt } as const;
  const throttle = new Throttle(deps.clock, deps.limits.downloadBytesPerSecond);
  // One connection; the second file waits for the first.
  let turn: Promise<unknown> = Promise.resolve();
  const run = async (): Promise<void> => {
    await makeRoom(plan.ecus, withoutDelta, deps);
    await forEachEcu("download", plan.ecus, deps, signal, (ecu) => {
      const fetching = turn.then(() =>
        retrying(policy, deps, signal, () =>
          fetchFile(ecu, transportOf(ecu, withoutDelta), { deps, throttle, signal }),
        ),
      );
      turn = fetching.catch(() => undefined);
      return fetching;
    });
  };
  return journaled("download", deps, signal, run);
}

interface Fetching {
  readonly deps: UpdateDeps;
  readonly throttle: Throttle;
  readonly signal: AbortSignal;
}

async function fetchFile(ecu: EcuPlan, file: SignedFile, fetching: Fetching): Promise<FactPayload> {
  const { staging, progress } = fetching.deps;
  const sha256 = file.hashes["sha256"]!;
  const total = file.length;
  const report = (done: number): void =>
    progress({ kind: "bytes", step: "download", ecuId: ecu.ecuId, done, total });
  // Published before: verified then, under its digest as its name.
  const has = [sha256, imageSha256(ecu)].map((digest) => staging.length(digest));
  if ((await Promise.all(has)).some((length) => length !== undefined)) {
    report(total);
    return { bytes: 0 };
  }
  const partial = await staging.partial(sha256);
  try {
    if (partial.length > file.length) await partial.truncate();
    const hashes = await hashesOf(file, partial);
    const resumedAt = partial.length;
    report(resumedAt);
    if (resumedAt < file.length) await append(file, partial, { ...fetching, hashes, report });
    const digests = Object.fromEntries([...hashes].map(([name, hash]) => [name, hash.digest("hex")]));
    if (resumedAt > 0 && digests["sha256"] !== sha256) {
      // What a power cut left may be torn, which is no reason to suspect the file: once more from its start.
      await partial.truncate();
      const reason = "what an earlier run left was not usable";
      throw interrupted(file, 0, reason);
    }
    return { digests, bytes: partial.length - resumedAt };
  } finally {
    await partial.close();
  }
}

/** Appends the rest of a file. */
async function append(
  file: SignedFile,
  partial: PartialFile,
  options: Fetching & { readonly hashes: Map<string, Hash>; readonly report: (done: number) => void },
): Promise<void> {
  const { deps, throttle, signal, hashes, report } = options;
  try {
    const answer = await request(file, partial.length, deps, signal);
    if (answer.status !== 206 && partial.length > 0) {
      // The server begins anew, and so do we.
      await partial.truncate();
      for (const name of hashes.keys()) hashes.set(name, createHash(name));
    }
    deps.progress({ kind: "paused", paused: false });
    for await (const chunk of answer.chunks()) {
      if (partial.length + chunk.length > file.length) {
        await partial.truncate();
        const operands = { target: file.path, length: file.length };
        throw new UpdateFailure({ code: "DOWNLOAD_TOO_LARGE", operands });
      }
      await partial.append(chunk);
      for (const hash of hashes.values()) hash.update(chunk);
      report(partial.length);
      await throttle.take(chunk.length, signal);
    }
    // A server that says how much it has, and has less, is done: the digest will tell. Else the connection broke.
    if (partial.length < file.length && !answer.headers.has("content-length")) {
      throw interrupted(file, partial.length, "the connection was closed");
    }
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof HttpError)) throw error;
    deps.progress({ kind: "paused", paused: error.isPassing });
    throw interrupted(file, partial.length, error.message, error);
  }
}

/** With consistent snapshots the file's name begins with its digest (TUF 1.0.33, 6.2). */
function request(
  { path, hashes }: SignedFile,
  offset: number,
  { http, imageTargetsUrl }: UpdateDeps,
  signal: AbortSignal,
): Promise<HttpAnswer> {
  const slash = path.lastIndexOf("/") + 1;
  const name = `${path.slice(0, slash)}${hashes["sha256"]}.${encodeURIComponent(path.slice(slash))}`;
  const headers = offset > 0 ? { range: `bytes=${offset}-` } : undefined;
  return http.requestOk({ url: `${imageTargetsUrl}/${name}`, headers, signal });
}

/** One hash for each digest that was signed, fed with what is there already. */
async function hashesOf({ hashes }: SignedFile, partial: PartialFile): Promise<Map<string, Hash>> {
  const made = new Map(Object.keys(hashes).map((name) => [name, createHash(name)] as const));
  if (partial.length === 0) return made;
  for await (const chunk of partial.read()) for (const hash of made.values()) hash.update(chunk);
  return made;
}

/** @throws {StagingError} `no-space` before the first byte, not in the middle */
async function makeRoom(
  ecus: readonly EcuPlan[],
  withoutDelta: ReadonlySet<string>,
  { staging }: UpdateDeps,
): Promise<void> {
  let needed = 0;
  for (const ecu of ecus) {
    const file = transportOf(ecu, withoutDelta);
    const isThere = (await staging.length(imageSha256(ecu))) !== undefined;
    if (!isThere) needed += file.length + (file === ecu.delta ? ecu.image.length : 0);
  }
  await staging.demandSpace(needed);
}

function interrupted(file: SignedFile, received: number, reason: string, cause?: unknown): UpdateFailure {
  const operands = { target: file.path, received, length: file.length, reason };
  return new UpdateFailure({ code: "DOWNLOAD_INTERRUPTED", operands }, { cause });
}
