import {
  decodeDid,
  didNamed,
  encodeDid,
  type DidName,
  type DidValue,
  type TrialState,
} from "@halfshaft/vehicle-net/ecu";
import {
  handle,
  Nrc,
  ReadDataByIdentifier,
  Session,
  UdsRefused,
  WriteDataByIdentifier,
  type Handler,
} from "@halfshaft/vehicle-net/uds";
import { otherBank } from "./bank.ts";
import type { BootRecord } from "./boot.ts";
import type { AgreedPatch } from "./transfer-log.ts";
import type { EcuCore } from "./ecu-core.ts";
import { imageSha256 } from "./image-check.ts";
import { fromHex, installedDescriptor, installedSha256, toHex } from "./installed-image.ts";
import { safeStretches } from "./transfer-log.ts";

const DIGEST_PREFIX_BYTES = 8;
const NO_DIGEST = new Uint8Array(32);

/** Services 22 and 2E: what the ECU tells of itself, and who programmed it. */
export function identificationHandlers(core: EcuCore): Handler[] {
  const { profile, store } = core;
  const read = (did: number): Uint8Array => {
    const name = didNamed(profile, did);
    if (name === undefined) throw new UdsRefused(ReadDataByIdentifier, Nrc.requestOutOfRange);
    return readers[name](core);
  };
  const write = { sessions: [Session.programming], security: profile.security.level };
  return [
    handle(ReadDataByIdentifier, {}, ({ dids }) => {
      const [first, ...others] = dids;
      const data = [...read(first!)];
      for (const did of others) data.push(did >>> 8, did & 0xff, ...read(did));
      return { did: first!, data: Uint8Array.from(data) };
    }),
    handle(WriteDataByIdentifier, write, ({ did, data }) => {
      if (did !== profile.dids.fingerprint)
        throw new UdsRefused(WriteDataByIdentifier, Nrc.requestOutOfRange);
      decodeDid("fingerprint", data);
      store.update({ fingerprint: toHex(data) });
      return { did };
    }),
  ];
}

/** The word on the wire for what the boot record says. */
export function trialState({ phase, outcome }: BootRecord): TrialState {
  if (phase === "armed" || phase === "trial") return phase;
  return outcome === "fallback" ? "fallback" : "none";
}

type Reader = (core: EcuCore) => Uint8Array;

const reader =
  <N extends DidName>(name: N, value: (core: EcuCore) => DidValue<N>): Reader =>
  (core) =>
    encodeDid(name, value(core));

const readers: Readonly<Record<DidName, Reader>> = {
  serialNumber: reader("serialNumber", ({ store }) => store.state.serial),
  hardwareId: reader("hardwareId", ({ profile }) => profile.hardwareId),
  softwareVersion: reader("softwareVersion", runningVersion),
  applicationSoftwareId: reader(
    "applicationSoftwareId",
    (core) => `${core.profile.name}-${runningVersion(core)}`,
  ),
  sparePart: reader("sparePart", ({ profile }) => profile.hardwareId),
  fingerprint: ({ store }) => {
    const { fingerprint } = store.state;
    if (fingerprint === null) throw new UdsRefused(ReadDataByIdentifier, Nrc.conditionsNotCorrect);
    return fromHex(fingerprint);
  },
  activeBank: reader("activeBank", ({ running, store }) => running ?? store.state.boot.committed),
  trialState: reader("trialState", ({ store }) => trialState(store.state.boot)),
  resumeOffset: reader("resumeOffset", resumeOffset),
  resumePatch: reader("resumePatch", resumePatch),
  imageDigest: reader("imageDigest", (core) =>
    digestOf(core, core.running ?? core.store.state.boot.committed),
  ),
  inactiveImageDigest: reader("inactiveImageDigest", (core) =>
    digestOf(core, otherBank(core.running ?? core.store.state.boot.committed)),
  ),
  releaseCounter: reader("releaseCounter", ({ store }) => store.state.boot.releaseCounter),
};

/** @throws {UdsRefused} conditionsNotCorrect in the bootloader, where no software runs. */
function runningVersion({ running, store }: EcuCore): string {
  const descriptor = running && installedDescriptor(store.state, running);
  if (descriptor === undefined) throw new UdsRefused(ReadDataByIdentifier, Nrc.conditionsNotCorrect);
  return descriptor.version;
}

/** From the bank's bytes as they are now, not from what was promised. */
function digestOf({ store, flash }: EcuCore, bank: "A" | "B"): Uint8Array {
  return (
    installedSha256(store.state, bank, (offset, length) => flash[bank].read(offset, length)) ?? NO_DIGEST
  );
}

function resumeOffset({ store, flash, profile }: EcuCore): DidValue<"resumeOffset"> {
  const { transfers, memory, boot } = store.state;
  const safe = safeStretches(transfers, memory, profile.flash.sectorBytes);
  const inactive = flash[otherBank(boot.committed)];
  const digest = imageSha256(safe, {
    regions: memory,
    read: (offset, length) => inactive.read(offset, length),
  });
  return {
    offset: safe.reduce((sum, range) => sum + range.length, 0),
    digestPrefix: digest.subarray(0, DIGEST_PREFIX_BYTES),
  };
}

function resumePatch({ store }: EcuCore): DidValue<"resumePatch"> {
  const { openPatch, agreed, made } = store.state.transfers;
  const prefix = ({ patchSha256 }: AgreedPatch): Uint8Array =>
    fromHex(patchSha256).subarray(0, DIGEST_PREFIX_BYTES);
  if (openPatch !== undefined && agreed !== undefined) {
    return { patchOffset: openPatch.patchOffset, digestPrefix: prefix(agreed) };
  }
  // The segment is whole; an update that was cut off goes on with the next one.
  if (made !== undefined) return { patchOffset: made.patchBytes, digestPrefix: prefix(made) };
  return { patchOffset: 0, digestPrefix: new Uint8Array(DIGEST_PREFIX_BYTES) };
}
