import { decodeDid, didNamed } from "../ecu/dids.ts";
import type { EcuProfile } from "../ecu/profile.ts";
import { decodeRoutineOptions, decodeRoutineResult, routineNamed, routineResults } from "../ecu/routines.ts";
import { UdsFormatError } from "../uds/error.ts";
import { AuthenticationReturn, AuthenticationTask } from "../uds/services/authentication.ts";
import { CommunicationControlType, CommunicationType } from "../uds/services/communication-control.ts";
import { DtcSetting } from "../uds/services/dtc-setting.ts";
import { ResetType } from "../uds/services/ecu-reset.ts";
import { FileOperation } from "../uds/services/file-transfer.ts";
import { DtcReport } from "../uds/services/read-dtc.ts";
import { RoutineControlType } from "../uds/services/routine-control.ts";
import { Session } from "../uds/services/session-control.ts";
import { describeBytes, hexNumber } from "./text.ts";

type Names = Readonly<Record<string, number>>;

/** Fields whose numbers have names, as the declarations of the services call both. `28.` and `31.` tell equal ones apart. */
const valueNames: Readonly<Record<string, Names>> = {
  session: Session,
  resetType: ResetType,
  report: DtcReport,
  "28.controlType": CommunicationControlType,
  communicationType: CommunicationType,
  task: AuthenticationTask,
  returnParameter: AuthenticationReturn,
  "31.controlType": RoutineControlType,
  operation: FileOperation,
  setting: DtcSetting,
};

/** Numbers that people read as hex, with their bytes on the wire; all others are decimal. */
const hexFields: Readonly<Record<string, number>> = {
  did: 2,
  routineId: 2,
  dtc: 3,
  groupOfDtc: 3,
  status: 1,
  statusMask: 1,
  severityMask: 1,
  availabilityMask: 1,
  dataFormat: 1,
  format: 1,
  counter: 1,
  address: 4,
  level: 1,
};

const LISTED = 8;

/** One field of a decoded message as `name: value`; names of the profile where it has some. */
export function describeField(sid: number, name: string, value: unknown, profile?: EcuProfile): string {
  return `${name}: ${describeValue(sid, name, value, profile)}`;
}

function describeValue(sid: number, name: string, value: unknown, profile?: EcuProfile): string {
  if (value instanceof Uint8Array) return describeBytes(value);
  if (Array.isArray(value)) {
    const shown = value
      .slice(0, LISTED)
      .map((one) => describeValue(sid, name === "dids" ? "did" : name, one, profile));
    const more = value.length - shown.length;
    return value.length === 0 ? "none" : shown.join("; ") + (more > 0 ? `; … ${more} more` : "");
  }
  if (typeof value === "object" && value !== null) {
    const parts = Object.entries(value).map(
      ([key, part]) => `${key} ${describeValue(sid, key, part, profile)}`,
    );
    return parts.join(", ");
  }
  return typeof value === "number" ? describeNumber(sid, name, value, profile) : String(value);
}

function describeNumber(sid: number, name: string, value: number, profile?: EcuProfile): string {
  const names = valueNames[name] ?? valueNames[`${hexNumber(sid, 1)}.${name}`];
  if (names !== undefined) {
    const word = Object.keys(names).find((key) => names[key] === value);
    return word === undefined ? hexNumber(value, 1) : `${word} (${hexNumber(value, 1)})`;
  }
  const bytes = hexFields[name];
  const digits = bytes === undefined ? String(value) : hexNumber(value, bytes);
  const known = profile === undefined ? undefined : nameInProfile(profile, name, value);
  return known === undefined ? digits : `${digits} ${known}`;
}

function nameInProfile(profile: EcuProfile, field: string, value: number): string | undefined {
  if (field === "did") return didNamed(profile, value) ?? nameOf(profile.otherDids, value);
  if (field === "routineId") return routineNamed(profile, value) ?? nameOf(profile.otherRoutines, value);
  return undefined;
}

const nameOf = (names: Names | undefined, value: number): string | undefined =>
  Object.entries(names ?? {}).find(([, number]) => number === value)?.[0];

/** The meaning of a data record that this profile's DID has, if it has one and the record fits. */
export const meaningOfDid = (profile: EcuProfile, did: number, data: Uint8Array): string | undefined => {
  const name = didNamed(profile, did);
  return name === undefined ? undefined : readable(() => describeValue(0, name, decodeDid(name, data)));
};

/** The same for what a routine takes. */
export const meaningOfOptions = (
  profile: EcuProfile,
  routineId: number,
  record: Uint8Array,
): string | undefined => {
  const name = routineNamed(profile, routineId);
  if (name === undefined || record.length === 0) return undefined;
  return readable(() => describeValue(0, name, decodeRoutineOptions(name, record)));
};

/** The same for what a routine found. */
export const meaningOfResult = (
  profile: EcuProfile,
  routineId: number,
  record: Uint8Array,
): string | undefined => {
  if (routineNamed(profile, routineId) === undefined) return undefined;
  return readable(() => {
    const result = decodeRoutineResult(record);
    return `${result}: ${routineResults[result].sentence}`;
  });
};

function readable(describe: () => string): string | undefined {
  try {
    return describe();
  } catch (error) {
    if (error instanceof UdsFormatError) return undefined;
    throw error;
  }
}
