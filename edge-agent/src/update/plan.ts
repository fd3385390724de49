import type { Offer } from "@halfshaft/ota-format";
import { type DeltaFormat, NO_BASE, transportTargetName } from "@halfshaft/ota-format/trust";
import { type Ecu, UnknownEcu } from "../ecus/ecu-access.ts";
import type { EcuStatus } from "../installer/installer.ts";
import { type Assignment, readAssignments } from "../trust/director.ts";
import { matchImage, signedFile, usableDelta } from "../trust/image-match.ts";
import type { VerifiedMetadata } from "../trust/repository.ts";
import { TrustError } from "../trust/trust-error.ts";
import { chooseTransport, type DeltaWays, transportRates, type TransportChoice } from "./choose-transport.ts";
import type { UpdateDeps } from "./deps.ts";
import { failureOf, UpdateFailure } from "./failure.ts";
import { journaled } from "./journaled.ts";
import type { DeltaFile, EcuPlan, Plan, SignedFile } from "./plan-types.ts";
import { retrying } from "./retrying.ts";

/** The Director may be a moment behind the offer; after that the offer has been replaced. */
const STALE_MS = 15 * 60_000;

/** What the ECUs are asked and the metadata are read for, side by side: an ECU, its order, and its own words. */
interface Candidate {
  readonly ecu: Ecu;
  readonly assignment: Assignment;
  readonly status: EcuStatus;
}

/**
 * Trusted metadata to one plan per ECU: full verification of both repositories, every check that needs no image
 * (Uptane Standard 2.1.0, 5.4.4.2), and each ECU's own word on its hardware, counter and software.
 * @throws {UpdateFailure}
 */
export function plan(offer: Offer, deps: UpdateDeps, signal: AbortSignal): Promise<Plan> {
  const unreachable = {
    stage: "plan",
    codes: ["PLAN_METADATA_UNREACHABLE"],
    until: offer.expiresAt,
  } as const;
  const until = deps.now() + STALE_MS;
  const stale = { stage: "plan", codes: ["PLAN_TARGETS_STALE"], until } as const;
  const make = (): Promise<Plan> => retrying(unreachable, deps, signal, () => makePlan(offer, deps, signal));
  return journaled("plan", deps, signal, () => retrying(stale, deps, signal, make), {
    done: (plan) => ({ plan }),
  });
}

async function makePlan(offer: Offer, deps: UpdateDeps, signal: AbortSignal): Promise<Plan> {
  const orders = await deps.director.read(async ({ targets, validUntil }) => {
    return { validUntil, assignments: assignmentsFor(offer, readAssignments(targets, deps.vehicleId)) };
  }, signal);
  const candidates = await Promise.all(orders.assignments.map((order) => ask(order, deps, signal)));
  return deps.image.read(async (metadata) => {
    const ecus: EcuPlan[] = [];
    for (const candidate of candidates) {
      const planned = await planEcu(candidate, metadata, deps);
      if (!runsAlready(candidate.status, planned)) ecus.push(planned);
    }
    const validUntil = Math.min(orders.validUntil, metadata.validUntil);
    return { releaseId: offer.release.releaseId, ecus, validUntil };
  }, signal);
}

/** The Director's word counts; it must be about the release that was offered, and about all of its ECUs. */
function assignmentsFor(offer: Offer, all: readonly Assignment[]): readonly Assignment[] {
  const { releaseId } = offer.release;
  const mine = all.filter((order) => order.releaseId === releaseId && order.jobId === offer.jobId);
  const missing = offer.ecus.find(({ ecuId }) => mine.every((order) => order.ecuId !== ecuId));
  if (mine.length > 0 && missing === undefined) return mine;
  const found = all.find(({ ecuId }) => ecuId === missing?.ecuId)?.releaseId ?? "none";
  throw new TrustError("PLAN_TARGETS_STALE", { found, offered: releaseId });
}

async function ask(assignment: Assignment, deps: UpdateDeps, signal: AbortSignal): Promise<Candidate> {
  const { ecuId } = assignment;
  const ecu = deps.ecus.ecus.find((candidate) => candidate.ecuId === ecuId);
  if (ecu === undefined) throw new UnknownEcu(ecuId);
  const about = { stage: "plan", busUrl: deps.ecus.busUrl, ecu } as const;
  let status: EcuStatus;
  try {
    status = await deps.ecus.use(ecuId, (installer) => installer.status({ signal }));
  } catch (error) {
    signal.throwIfAborted();
    throw new UpdateFailure(failureOf(error, about), { cause: error });
  }
  if (status.serialNumber !== ecuId) throw new UnknownEcu(ecuId);
  const { name } = ecu;
  if (status.hardwareId !== assignment.hardwareId) {
    const operands = { name, ecuId, found: status.hardwareId, expected: assignment.hardwareId };
    throw new UpdateFailure({ code: "PLAN_HARDWARE_MISMATCH", operands, ecuId });
  }
  const burned = status.releaseCounter ?? 0;
  if (assignment.releaseCounter < burned) {
    const operands = { name, found: burned, offered: assignment.releaseCounter };
    throw new UpdateFailure({ code: "PLAN_RELEASE_COUNTER_LOWER", operands, ecuId });
  }
  return { ecu, assignment, status };
}

async function planEcu(
  { ecu, assignment, status }: Candidate,
  metadata: VerifiedMetadata,
  deps: UpdateDeps,
): Promise<EcuPlan> {
  const custom = matchImage(assignment, await metadata.target(assignment.target.path));
  const image = signedFile(assignment.target);
  return {
    ecuId: ecu.ecuId,
    name: ecu.name,
    hardwareId: assignment.hardwareId,
    ...(status.version === undefined ? {} : { fromVersion: status.version }),
    version: custom.version,
    releaseCounter: assignment.releaseCounter,
    image,
    segments: custom.segments,
    descriptor: custom.descriptor,
    ...(await choose(ecu, image, { base: status.imageSha256, metadata }, deps)),
  };
}

/** Looks for deltas to an image and for the image compressed, and chooses between them and the image itself. */
async function choose(
  ecu: Ecu,
  image: SignedFile,
  about: { readonly base?: string; readonly metadata: VerifiedMetadata },
  { ecus, staging, limits, deltaPreference }: UpdateDeps,
): Promise<TransportChoice> {
  const { base, metadata } = about;
  const isHere = async (sha256: string): Promise<boolean> => (await staging.length(sha256)) !== undefined;
  const deltaFrom = async (from: string | undefined, format: DeltaFormat): Promise<DeltaFile | undefined> => {
    if (from === undefined) return undefined;
    const name = transportTargetName(from, image.hashes["sha256"]!, format);
    return usableDelta(await metadata.target(name), from, image, format);
  };
  const isBaseHere = base !== undefined && (await isHere(base));
  const deltas: DeltaWays = {
    ...(isBaseHere ? { gateway: await deltaFrom(base, "bsdiff40") } : {}),
    compressedGateway: await deltaFrom(NO_BASE.sha256, "bsdiff40"),
    ...(ecu.takesDeltas === true
      ? {
          ecu: await deltaFrom(base, "detools"),
          compressedEcu: await deltaFrom(NO_BASE.sha256, "detools"),
        }
      : {}),
  };
  const here = new Set<SignedFile>();
  for (const file of [image, ...Object.values(deltas)]) {
    if (file !== undefined && (await isHere(file.hashes["sha256"]!))) here.add(file);
  }
  const ways = { image, ...deltas, has: (file: SignedFile) => here.has(file) };
  const rates = transportRates(ecus.bytesPerSecond, limits.downloadBytesPerSecond);
  return chooseTransport(ways, rates, deltaPreference);
}

/** Committed to this very image: an earlier attempt has brought it here. */
const runsAlready = (status: EcuStatus, ecu: EcuPlan): boolean =>
  status.imageSha256 === ecu.image.hashes["sha256"] && status.trialState === "none";
