import { crc32 } from "node:zlib";
import {
  authenticateTester,
  checkMemory,
  type EcuProfile,
  keyFor,
  type RoutineInput,
  type RoutineName,
  type RoutineResult,
  routineResults,
  startRoutine,
  type StepName,
  type TesterCredentials,
  writeDid,
} from "@halfshaft/vehicle-net/ecu";
import {
  CommunicationControl,
  CommunicationControlType,
  CommunicationType,
  ControlDtcSetting,
  DiagnosticSessionControl,
  DtcSetting,
  EcuReset,
  ResetType,
  SecurityAccess,
  Session,
  type UdsClient,
  wasLost,
} from "@halfshaft/vehicle-net/uds";
import type { ImageSource, ImageToInstall } from "./installer.ts";
import { InstallerError, type InstallerFault } from "./installer-error.ts";
import { installerError, persist } from "./persist.ts";
import { DeltaRefused, type Transfer } from "./transfer.ts";

const CHECKSUM_PIECE_BYTES = 65_536;

/** What the steps of a sequence work on. */
export interface SequenceContext {
  readonly client: UdsClient;
  readonly profile: EcuProfile;
  readonly signal?: AbortSignal;
  /** Date for the fingerprint: `2026-11-21`. */
  readonly today: () => string;
  /** Who programs, for the fingerprint. */
  readonly tester: string;
  /** For ECUs that ask for authentication (29). */
  readonly credentials?: TesterCredentials;
  /** What is installed; the steps of activation, commit and revert need none. */
  readonly installation?: {
    readonly image: ImageToInstall;
    readonly transfer: Transfer;
  };
}

type StepAction = (context: SequenceContext) => Promise<unknown>;

/**
 * Runs the steps in the profile's order (ISO 14229-1:2020, annex H; the order is the ECU's own matter).
 * @throws {InstallerError} naming the step
 * @throws {DeltaRefused}
 */
export async function runSequence(context: SequenceContext, steps: readonly StepName[]): Promise<void> {
  for (const step of steps) {
    context.signal?.throwIfAborted();
    try {
      await actions[step](context);
    } catch (error) {
      throw installerError(error, context.profile.title, step);
    }
  }
}

// Everything goes to the physical address: other ECUs on the bus are being programmed at the same time, and a
// functional session control would take them out of their programming session.
const session =
  (session: number): StepAction =>
  ({ client, signal }) =>
    persist(() => client.request(DiagnosticSessionControl, { session }, { signal }));

const dtcSetting =
  (setting: number): StepAction =>
  ({ client, signal }) =>
    persist(() => client.request(ControlDtcSetting, { setting }, { signal }));

const communication =
  (controlType: number): StepAction =>
  ({ client, signal }) =>
    persist(() =>
      client.request(
        CommunicationControl,
        { controlType, communicationType: CommunicationType.normal },
        { signal },
      ),
    );

const actions: Readonly<Record<StepName, StepAction>> = {
  defaultSession: session(Session.default),
  extendedSession: session(Session.extended),
  programmingSession: session(Session.programming),
  checkPreconditions: (context) => routine(context, "checkPreconditions", {}, "not-started"),
  dtcSettingOff: dtcSetting(DtcSetting.off),
  dtcSettingOn: dtcSetting(DtcSetting.on),
  communicationOff: communication(CommunicationControlType.enableRxAndDisableTx),
  communicationOn: communication(CommunicationControlType.enableRxAndTx),
  unlock: (context) => persist(() => unlock(context)),
  authenticate: ({ client, profile, signal, credentials }) => {
    if (credentials === undefined)
      throw refused(profile, "its profile asks for credentials, and none were given");
    // A challenge serves once, so a lost answer means to begin again.
    return persist(() => authenticateTester(client, profile, credentials, { signal }));
  },
  writeFingerprint: ({ client, profile, signal, today, tester }) =>
    persist(() => writeDid(client, profile, "fingerprint", { date: today(), tester }, { signal })),
  eraseMemory: async (context) => {
    const { image, transfer } = installationOf(context);
    if (transfer.resumes) return;
    for (const { address, length } of image.segments) {
      await routine(context, "eraseMemory", { address, length }, "image-rejected");
    }
  },
  download: (context) => installationOf(context).transfer.run(),
  checkMemory: async (context) => {
    const { client, profile, signal } = context;
    const { image, transfer } = installationOf(context);
    const check = {
      signedDescriptor: image.signedDescriptor,
      sha256: new Uint8Array(Buffer.from(image.sha256, "hex")),
      crc32: () => crc32Of(image.source),
    };
    const result = await persist(() => checkMemory(client, profile, check, { signal }));
    if (transfer.kind !== "raw" && result === "digestMismatch") {
      throw new DeltaRefused(routineResults.digestMismatch.sentence);
    }
    judge(context, "checkMemory", result, "image-rejected");
  },
  checkDependencies: (context) => routine(context, "checkDependencies", {}, "image-rejected"),
  activate: (context) => routine(context, "activate", {}, "not-started"),
  commit: (context) => routine(context, "commit", {}, "not-started"),
  revert: (context) => routine(context, "revert", {}, "not-started"),
  hardReset,
};

/**
 * Never asked twice: where only the answer was lost, a second reset would end the trial that the first began. Which
 * software runs is read afterwards.
 */
async function hardReset({ client, signal }: SequenceContext): Promise<void> {
  try {
    await client.request(EcuReset, { resetType: ResetType.hard }, { signal });
  } catch (error) {
    if (!wasLost(error)) throw error;
  }
}

/** Seed and key (ISO 14229-1:2020, 10.4); a seed of zeros says that the ECU is unlocked already. */
async function unlock({ client, profile, signal }: SequenceContext): Promise<void> {
  const { level } = profile.security;
  const { data: seed } = await client.request(SecurityAccess, { level }, { signal });
  if (seed.every((byte) => byte === 0)) return;
  await client.request(SecurityAccess, { level: level + 1, data: keyFor(profile, seed) }, { signal });
}

async function routine<N extends RoutineName>(
  context: SequenceContext,
  name: N,
  input: RoutineInput<N>,
  fault: InstallerFault,
): Promise<void> {
  const { client, profile, signal } = context;
  const result = await persist(() => startRoutine(client, profile, name, input, { signal }));
  judge(context, name, result, fault);
}

/** A routine that ran may still have found something. */
function judge(
  { profile }: SequenceContext,
  name: RoutineName,
  result: RoutineResult,
  fault: InstallerFault,
): void {
  if (result === "ok") return;
  const reason = routineResults[result].sentence;
  throw new InstallerError(fault, `${profile.title} answered ${name}: ${reason}`, {
    name: profile.title,
    reason,
  });
}

/** CRC-32 over an image, read in pieces. */
async function crc32Of(source: ImageSource): Promise<number> {
  let crc = 0;
  for (let at = 0; at < source.length; at += CHECKSUM_PIECE_BYTES) {
    crc = crc32(await source.read(at, Math.min(CHECKSUM_PIECE_BYTES, source.length - at)), crc);
  }
  return crc;
}

function installationOf(context: SequenceContext): NonNullable<SequenceContext["installation"]> {
  if (context.installation !== undefined) return context.installation;
  throw refused(context.profile, "its profile asks for an image outside the programming sequence");
}

function refused({ title }: EcuProfile, reason: string): InstallerError {
  const operands = { name: title, operation: "sequence", nrc: reason };
  return new InstallerError("refused", `${title}: ${reason}`, operands);
}
