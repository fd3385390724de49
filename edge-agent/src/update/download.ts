import { createHash, type Hash } from "node:crypto";
import type { FactPayload } from "../journal/fact.ts";
import { ecusWithoutDelta } from "../journal/job-facts.ts";
import { HttpError } from "../http/http-error.ts";
import type { HttpAnswer } from "../http/http.ts";
import type { PartialFile } from "../staging.ts";
import { estimateOf, fileOf, isPatchedHere, transportOf } from "./choose-transport.ts";
import type { UpdateDeps } from "./deps.ts";
import { UpdateFailure } from "./failure.ts";
import { forEachEcu, journaled } from "./journaled.ts";
import type { Job } from "./machine.ts";
import { type EcuPlan, imageSha256, type SignedFile } from "./plan-types.ts";
import { retrying } from "./retrying.ts";
import { Throttle } from "./throttle.ts";

/**
 * Brings every file that is not in the gateway yet, going on where an earlier run stopped, and waits as long as the
 * offer holds for a connection that is lost. Digests are made of what is written; judging them is for `verify`.
 * @throws {UpdateFailure}
 */
export function download({ offer, plan }: Job, deps: UpdateDeps, signal: AbortSignal): Promise<void> {
  const withoutDelta = ecusWithoutDelta(deps.journal.facts);
  const policy = { stage: "download", codes: ["DOWNLOAD_INTERRUPTED"], until: offer.expiresAt } as const;
  const throttle = new Throttle(
    deps.clock,
    lowest(offer.downloadBytesPerSecond, deps.limits.downloadBytesPerSecond),
  );
  // One connection; the second file waits for the first.
  let turn: Promise<unknown> = Promise.resolve();
  const run = async (): Promise<void> => {
    await makeRoom(plan.ecus, withoutDelta, deps);
    await forEachEcu("download", plan.ecus, deps, signal, (ecu) => {
      const fetching = turn.then(() =>
        retrying(policy, deps, signal, () => fetchFile(ecu, { withoutDelta, deps, throttle, signal })),
      );
      turn = fetching.catch(() => undefined);
      return fetching;
    });
  };
  return journaled("download", deps, signal, run);
}

/** Bytes per second that hold; 0 or none: no limit. */
const lowest = (asked = 0, own = 0): number =>
  asked === 0 || own === 0 ? asked + own : Math.min(asked, own);

interface Fetching {
  readonly withoutDelta: ReadonlySet<string>;
  readonly deps: UpdateDeps;
  readonly throttle: Throttle;
  readonly signal: AbortSignal;
}

async function fetchFile(ecu: EcuPlan, fetching: Fetching): Promise<FactPayload> {
  const { deps, withoutDelta } = fetching;
  const { staging, progress } = deps;
  const file = fileOf(ecu, withoutDelta);
  const transport = estimateOf(ecu, withoutDelta);
  const sha256 = file.hashes["sha256"]!;
  const total = file.length;
  const report = (done: number): void =>
    progress({ kind: "bytes", step: "download", ecuId: ecu.ecuId, done, total });
  if (await isSupplied(ecu, withoutDelta, deps)) {
    report(total);
    return { bytes: 0, transport };
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
    return { digests, bytes: partial.length - resumedAt, transport };
  } finally {
    await partial.close();
  }
}

/**
 * Whether an ECU's file is in the gateway: verified then, under its digest as its name. With the image there a delta for
 * the gateway is needed no more; one for the ECU is.
 */
export async function isSupplied(
  ecu: EcuPlan,
  withoutDelta: ReadonlySet<string>,
  { staging }: UpdateDeps,
): Promise<boolean> {
  const sha256 = fileOf(ecu, withoutDelta).hashes["sha256"]!;
  const enough = isPatchedHere(transportOf(ecu, withoutDelta)) ? [sha256, imageSha256(ecu)] : [sha256];
  const lengths = await Promise.all(enough.map((digest) => staging.length(digest)));
  return lengths.some((length) => length !== undefined);
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
  deps: UpdateDeps,
): Promise<void> {
  let needed = 0;
  for (const ecu of ecus) {
    if (await isSupplied(ecu, withoutDelta, deps)) continue;
    const isMadeHere = isPatchedHere(transportOf(ecu, withoutDelta));
    needed += fileOf(ecu, withoutDelta).length + (isMadeHere ? ecu.image.length : 0);
  }
  await deps.staging.demandSpace(needed);
}

function interrupted(file: SignedFile, received: number, reason: string, cause?: unknown): UpdateFailure {
  const operands = { target: file.path, received, length: file.length, reason };
  return new UpdateFailure({ code: "DOWNLOAD_INTERRUPTED", operands }, { cause });
}
