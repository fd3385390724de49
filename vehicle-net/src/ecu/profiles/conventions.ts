import type { EcuProfile } from "../profile.ts";

/** What the profiles of this house have in common; an ECU of another make writes these out for itself. */

/** F1xx: ISO 14229-1:2020, annex C.1. F15A and FDxx are conventions (system supplier's range FD00–FEFF). */
export const dids: EcuProfile["dids"] = {
  serialNumber: 0xf18c,
  hardwareId: 0xf191,
  softwareVersion: 0xf195,
  applicationSoftwareId: 0xf181,
  sparePart: 0xf188,
  fingerprint: 0xf15a,
  activeBank: 0xfd00,
  trialState: 0xfd01,
  resumeOffset: 0xfd02,
  imageDigest: 0xfd03,
  inactiveImageDigest: 0xfd04,
  releaseCounter: 0xfd05,
  resumePatch: 0xfd06,
};

/** FF00 and FF01: ISO 14229-1:2020, annex F.1. The others lie in the manufacturer's range 0200–DFFF. */
export const routines: EcuProfile["routines"] = {
  checkMemory: 0x0202,
  checkPreconditions: 0x0203,
  checkBase: 0x0204,
  activate: 0x0301,
  commit: 0x0302,
  revert: 0x0303,
  eraseMemory: 0xff00,
  checkDependencies: 0xff01,
};

export const sequences: Pick<
  EcuProfile,
  "programmingSequence" | "activationSequence" | "commitSequence" | "revertSequence"
> = {
  programmingSequence: [
    "extendedSession",
    "checkPreconditions",
    "dtcSettingOff",
    "communicationOff",
    "programmingSession",
    "unlock",
    "writeFingerprint",
    "eraseMemory",
    "download",
    "checkMemory",
    "checkDependencies",
    // Back in the default session the ECU talks and records faults again by itself (ISO 14229-1:2020, 10.5 and 10.8).
    "defaultSession",
  ],
  activationSequence: ["extendedSession", "unlock", "activate", "hardReset"],
  commitSequence: ["extendedSession", "unlock", "commit", "defaultSession"],
  revertSequence: ["extendedSession", "unlock", "revert", "hardReset"],
};

/** Times of an ECU that keeps what ISO 14229-2 says, seen by a tester behind a gateway and a hub. */
export const timing: EcuProfile["timing"] = {
  p2Ms: 50,
  p2StarMs: 5000,
  s3ServerMs: 5000,
  client: { p2Ms: 50, p2StarMs: 5000, marginMs: 250, overallMs: 60_000, s3ClientMs: 2000 },
};
