import { NO_BASE } from "@halfshaft/ota-format/trust";
import {
  decodeRoutineOptions,
  encodeRoutineResult,
  routineNamed,
  type RoutineName,
  type RoutineOptions,
  type RoutineResult,
} from "@halfshaft/vehicle-net/ecu";
import {
  handle,
  Nrc,
  RoutineControl,
  RoutineControlType,
  Session,
  UdsRefused,
  type Handler,
} from "@halfshaft/vehicle-net/uds";
import { otherBank } from "./bank.ts";
import { activate, beginProgramming, commit, markVerified, revert, type BootRecord } from "./boot.ts";
import { agreePatch, forgetPatch } from "./delta-log.ts";
import type { EcuCore } from "./ecu-core.ts";
import { checkImage } from "./image-check.ts";
import { checkInstalled, fromHex, installedDescriptor, installedSha256, toHex } from "./installed-image.ts";
import { bankOffset } from "./memory-map.ts";
import { inactiveFlash, type Programming } from "./programming.ts";
import { emptyLog } from "./transfer-log.ts";

interface Routine {
  readonly sessions: readonly number[];
  /** Whether the ECU must be unlocked. */
  readonly unlocked: boolean;
  start(
    core: EcuCore,
    optionRecord: Uint8Array,
    programming: Programming,
  ): RoutineResult | Promise<RoutineResult>;
}

const notDefault = [Session.extended, Session.programming];
const programmingOnly = [Session.programming];

function routine<N extends RoutineName>(
  name: N,
  conditions: Pick<Routine, "sessions" | "unlocked">,
  start: (
    core: EcuCore,
    options: RoutineOptions<N>,
    programming: Programming,
  ) => RoutineResult | Promise<RoutineResult>,
): Routine {
  return {
    ...conditions,
    start: (core, record, programming) => start(core, decodeRoutineOptions(name, record), programming),
  };
}

const routines: Readonly<Record<RoutineName, Routine>> = {
  // Whether the vehicle stands is the gateway's to know: this ECU refuses only what it could not program.
  checkPreconditions: routine("checkPreconditions", { sessions: notDefault, unlocked: false }, (core) => {
    inactiveFlash(core, RoutineControl);
    return "ok";
  }),
  eraseMemory: routine("eraseMemory", { sessions: programmingOnly, unlocked: true }, eraseMemory),
  checkBase: routine("checkBase", { sessions: programmingOnly, unlocked: true }, checkBase),
  checkMemory: routine("checkMemory", { sessions: programmingOnly, unlocked: true }, checkMemory),
  // Nothing in a descriptor depends on another ECU: what must hold is that the checked image is still whole.
  checkDependencies: routine("checkDependencies", { sessions: programmingOnly, unlocked: true }, (core) => {
    const flash = inactiveFlash(core, RoutineControl);
    return checkInstalled(core.store.state, flash.bank, (offset, length) => flash.read(offset, length))
      .result;
  }),
  activate: routine("activate", { sessions: notDefault, unlocked: true }, (core) => {
    const next = activate(core.store.state.boot);
    return next === undefined ? "notChecked" : keep(core, next);
  }),
  commit: routine("commit", { sessions: notDefault, unlocked: true }, commitTrial),
  revert: routine("revert", { sessions: notDefault, unlocked: true }, (core) =>
    keep(core, revert(core.store.state.boot)),
  ),
};

/**
 * Service 31. What a routine decides is durable before it is answered, and asking again for what is already so is
 * answered alike.
 */
export function routineHandler(core: EcuCore, programming: Programming): Handler {
  return handle(
    RoutineControl,
    { sessions: notDefault, subFunctions: [RoutineControlType.start] },
    async ({ controlType, routineId, optionRecord }, context) => {
      const name = routineNamed(core.profile, routineId);
      // A routine that is not there, or not in this session, is out of range (ISO 14229-1:2020, 14.2.4).
      if (name === undefined || !routines[name].sessions.includes(context.session)) {
        throw new UdsRefused(RoutineControl, Nrc.requestOutOfRange);
      }
      if (routines[name].unlocked && context.unlocked !== core.profile.security.level) {
        throw new UdsRefused(RoutineControl, Nrc.securityAccessDenied);
      }
      const result = await routines[name].start(core, optionRecord, programming);
      return { controlType, routineId, statusRecord: encodeRoutineResult(result) };
    },
  );
}

async function eraseMemory(
  core: EcuCore,
  range: RoutineOptions<"eraseMemory">,
  programming: Programming,
): Promise<RoutineResult> {
  const { store } = core;
  const flash = inactiveFlash(core, RoutineControl);
  const start = bankOffset(store.state.memory, range);
  if (start === undefined) throw new UdsRefused(RoutineControl, Nrc.requestOutOfRange);
  programming.abort();
  // What the bank held is given up before the first sector goes: a power cut must leave nothing that looks checked.
  store.update({
    boot: beginProgramming(store.state.boot),
    descriptors: { ...store.state.descriptors, [flash.bank]: null },
    transfers: emptyLog,
  });
  await flash.erase(start, range.length);
  flash.sync();
  store.update({ wear: { ...store.state.wear, [flash.bank]: flash.wear } });
  return "ok";
}

/**
 * Whether the bank that a patch would read holds its base, by the bytes that are there now. A compressed image is a patch
 * of nothing: its base is everywhere.
 */
function checkBase(
  core: EcuCore,
  { baseSha256, patchSha256, patchBytes }: RoutineOptions<"checkBase">,
): RoutineResult {
  const { store, flash } = core;
  const base = flash[otherBank(inactiveFlash(core, RoutineControl).bank)];
  const found = installedSha256(store.state, base.bank, (offset, length) => base.read(offset, length));
  const { transfers } = store.state;
  const wanted = toHex(baseSha256);
  const isThere = wanted === NO_BASE.sha256 || (found !== undefined && toHex(found) === wanted);
  if (!isThere) {
    store.update({ transfers: forgetPatch(transfers) });
    return "baseMismatch";
  }
  const patch = { baseSha256: wanted, patchSha256: toHex(patchSha256), patchBytes };
  store.update({ transfers: agreePatch(transfers, patch) });
  return "ok";
}

/** Nothing is activated that did not pass here: signature, hardware, counter, segments, digest, in this order. */
function checkMemory(core: EcuCore, { signedDescriptor }: RoutineOptions<"checkMemory">): RoutineResult {
  const { store, profile } = core;
  const flash = inactiveFlash(core, RoutineControl);
  const { publicKey, memory, boot, transfers } = store.state;
  // After a download that was not ended with 37 the sequence is wrong, whatever the bank holds.
  const isOpen = transfers.open !== undefined || transfers.openPatch !== undefined;
  if (isOpen) throw new UdsRefused(RoutineControl, Nrc.requestSequenceError);
  const { result } = checkImage({
    signedDescriptor,
    publicKey: fromHex(publicKey),
    hardwareId: profile.hardwareId,
    releaseCounter: boot.releaseCounter,
    regions: memory,
    transferred: transfers.finished,
    read: (offset, length) => flash.read(offset, length),
  });
  if (result !== "ok") return result;
  const descriptor = Buffer.from(signedDescriptor).toString("base64");
  store.update({
    boot: markVerified(boot),
    descriptors: { ...store.state.descriptors, [flash.bank]: descriptor },
  });
  return "ok";
}

function commitTrial(core: EcuCore): RoutineResult {
  const { store } = core;
  const { boot } = store.state;
  const candidate = installedDescriptor(store.state, otherBank(boot.committed));
  const next = commit(boot, candidate?.releaseCounter ?? 0);
  if (next === undefined) return "notOnTrial";
  if (next !== boot) store.update({ boot: next, transfers: emptyLog });
  core.onCommitted();
  return "ok";
}

function keep({ store }: EcuCore, boot: BootRecord): RoutineResult {
  if (boot !== store.state.boot) store.update({ boot });
  return "ok";
}
