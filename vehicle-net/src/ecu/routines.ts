import type { RequestOptions, UdsClient } from "../uds/client.ts";
import { UdsFormatError, UdsProtocolError } from "../uds/error.ts";
import {
  bytes,
  decode,
  encode,
  type Field,
  type FieldInput,
  type FieldOutput,
  record,
  restNotEmpty,
  u32,
} from "../uds/fields.ts";
import { RoutineControl, RoutineControlType } from "../uds/services/routine-control.ts";
import { memoryRange } from "../uds/services/transfer.ts";
import type { EcuProfile, RoutineName } from "./profile.ts";
import { ProfileError } from "./profile-error.ts";

/** What a routine found: one byte of its status record. A routine that could not run is refused with an NRC instead. */
export const routineResults = {
  ok: { byte: 0x00, sentence: "done" },
  badSignature: { byte: 0x01, sentence: "the descriptor is not signed by the key that the ECU trusts" },
  badDescriptor: { byte: 0x02, sentence: "the descriptor cannot be read" },
  wrongHardware: { byte: 0x03, sentence: "the image is for another hardware" },
  counterTooLow: { byte: 0x04, sentence: "the image's release counter is below the one that the ECU burned" },
  segmentMismatch: { byte: 0x05, sentence: "the descriptor's segments are not those that were transferred" },
  digestMismatch: { byte: 0x06, sentence: "the bank does not have the digest that was signed" },
  notChecked: { byte: 0x07, sentence: "the inactive bank holds no image that passed checkMemory" },
  notOnTrial: { byte: 0x08, sentence: "no bank is on trial" },
  baseMismatch: {
    byte: 0x09,
    sentence: "the active bank does not hold the image that the delta starts from",
  },
  vehicleMoves: { byte: 0x20, sentence: "the vehicle moves" },
  engineRuns: { byte: 0x21, sentence: "the engine runs" },
  voltageOutOfRange: { byte: 0x22, sentence: "the supply voltage is out of range" },
  other: { byte: 0xff, sentence: "the ECU gives a reason that is not known here" },
} as const satisfies Record<string, { byte: number; sentence: string }>;
export type RoutineResult = keyof typeof routineResults;

const byByte = new Map<number, RoutineResult>(
  Object.entries(routineResults).map(([name, { byte }]) => [byte, name as RoutineResult]),
);

const result: Field<RoutineResult> = {
  write: (writer, value) => writer.uint(1, routineResults[value].byte),
  read: (reader) => byByte.get(reader.uint(1)) ?? "other",
};

const nothing = record({});

/** The option record that each routine takes when it is started; both ends use it. */
export const routineOptions = {
  checkPreconditions: nothing,
  /** Logical addresses; the ECU erases the sectors of its inactive bank. */
  eraseMemory: memoryRange,
  /** SHA-256 of the image that the patch starts from; SHA-256 and length of the patch itself, to know it again. */
  checkBase: record({ baseSha256: bytes(32), patchSha256: bytes(32), patchBytes: u32 }),
  /** The signed descriptor of the image, opaque here. */
  checkMemory: record({ signedDescriptor: restNotEmpty }),
  checkDependencies: nothing,
  activate: nothing,
  commit: nothing,
  revert: nothing,
} satisfies Record<RoutineName, unknown>;

export type RoutineInput<N extends RoutineName> = FieldInput<(typeof routineOptions)[N]>;
export type RoutineOptions<N extends RoutineName> = FieldOutput<(typeof routineOptions)[N]>;

/** The field of a name, as TypeScript sees it for any name. */
const fieldOf = <N extends RoutineName>(name: N): Field<RoutineOptions<N>, RoutineInput<N>> =>
  routineOptions[name] as Field<RoutineOptions<N>, RoutineInput<N>>;

/** @throws {UdsFormatError} where a value does not fit. */
export const encodeRoutineOptions = <N extends RoutineName>(name: N, options: RoutineInput<N>): Uint8Array =>
  encode(fieldOf(name), options);

/** @throws {UdsFormatError} where the record does not fit; a server answers NRC 13 or 31 by itself. */
export const decodeRoutineOptions = <N extends RoutineName>(
  name: N,
  optionRecord: Uint8Array,
): RoutineOptions<N> => decode(fieldOf(name), optionRecord);

export const encodeRoutineResult = (value: RoutineResult): Uint8Array => encode(result, value);
export const decodeRoutineResult = (statusRecord: Uint8Array): RoutineResult => decode(result, statusRecord);

/** The name of a routine in this profile, if it has one. */
export const routineNamed = (profile: EcuProfile, routineId: number): RoutineName | undefined =>
  (Object.keys(profile.routines) as RoutineName[]).find((name) => profile.routines[name] === routineId);

/** The number of a routine. @throws {ProfileError} `absent` where this ECU has none of that name. */
export function routineOf(profile: EcuProfile, name: RoutineName): number {
  const routineId = profile.routines[name];
  if (routineId === undefined)
    throw new ProfileError("absent", `routines.${name}`, `${profile.title} has none`);
  return routineId;
}

/** Starts a routine and gives what it found. Throws as `UdsClient.request` and `routineOf` do. */
export const startRoutine = <N extends RoutineName>(
  client: UdsClient,
  profile: EcuProfile,
  name: N,
  input: RoutineInput<N>,
  options?: RequestOptions,
): Promise<RoutineResult> =>
  startWithRecord(client, profile, name, encodeRoutineOptions(name, input), options);

/** The same with the bytes of an option record. */
export async function startWithRecord(
  client: UdsClient,
  profile: EcuProfile,
  name: RoutineName,
  optionRecord: Uint8Array,
  options?: RequestOptions,
): Promise<RoutineResult> {
  const routineId = routineOf(profile, name);
  const start = { controlType: RoutineControlType.start, routineId, optionRecord };
  const { statusRecord } = await client.request(RoutineControl, start, options);
  if (profile.routineStatus === false) return "ok";
  try {
    return decodeRoutineResult(statusRecord);
  } catch (error) {
    if (!(error instanceof UdsFormatError)) throw error;
    throw new UdsProtocolError(RoutineControl, `the result of ${name} is not readable: ${error.message}`, {
      cause: error,
    });
  }
}
