import type { ByteReader, ByteWriter } from "../uds/bytes.ts";
import type { RequestOptions, UdsClient } from "../uds/client.ts";
import { UdsFormatError, UdsProtocolError } from "../uds/error.ts";
import { bytes, decode, encode, type Field, type FieldOutput, record, rest, u32 } from "../uds/fields.ts";
import { ReadDataByIdentifier, WriteDataByIdentifier } from "../uds/services/data-by-identifier.ts";
import type { DidName, EcuProfile } from "./profile.ts";
import { ProfileError } from "./profile-error.ts";

export type Bank = "A" | "B";

/**
 * `none`: the committed bank runs. `armed`: the next reset starts the inactive bank on trial. `trial`: it runs,
 * not yet committed. `fallback`: a trial failed and the old bank runs. `unknown`: the ECU cannot tell.
 */
export type TrialState = "none" | "armed" | "trial" | "fallback" | "unknown";

/** How much of an interrupted transfer is safely in the inactive bank. */
export interface ResumeOffset {
  /** Bytes from the start of the image file (its segments one after another). 0: begin anew. */
  readonly offset: number;
  /** First 8 bytes of the SHA-256 over those bytes: whether they are this image's. */
  readonly digestPrefix: Uint8Array;
}

/** How much of an interrupted patch the ECU has applied for good. */
export interface ResumePatch {
  /** Bytes from the start of the patch. */
  readonly patchOffset: number;
  /** First 8 bytes of the patch's SHA-256, as checkBase was told it; zeros where no patch was interrupted. */
  readonly digestPrefix: Uint8Array;
}

/** Who programmed the ECU, and when. */
export interface Fingerprint {
  /** `2026-11-21`; years 2000 to 2099. */
  readonly date: string;
  /** Printable ASCII. */
  readonly tester: string;
}

const ascii: Field<string> = {
  write(writer: ByteWriter, value: string) {
    if (!/^[\x20-\x7e]+$/.test(value)) {
      throw new UdsFormatError("out-of-range", `"${value}" is empty or not printable ASCII`);
    }
    writer.bytes(new TextEncoder().encode(value));
  },
  /** Many ECUs fill a field of fixed length with zeros or blanks. */
  read: (reader: ByteReader) => new TextDecoder("latin1").decode(rest.read(reader)).replace(/[\0 ]+$/, ""),
};

/** One byte that stands for a word; `otherwise` is what an unknown byte reads as. */
function word<const W extends string>(words: Readonly<Record<W, number>>, otherwise?: NoInfer<W>): Field<W> {
  const byByte = new Map(Object.entries<number>(words).map(([word, byte]) => [byte, word as W]));
  return {
    write: (writer, value) => writer.uint(1, words[value]),
    read(reader) {
      const byte = reader.uint(1);
      const value = byByte.get(byte) ?? otherwise;
      if (value === undefined) throw new UdsFormatError("out-of-range", `${byte} stands for nothing`);
      return value;
    },
  };
}

/** Packed BCD YY MM DD, then the tester's identification. */
const fingerprint: Field<Fingerprint> = {
  write(writer: ByteWriter, { date, tester }: Fingerprint) {
    const digits = /^20(\d\d)-(\d\d)-(\d\d)$/.exec(date);
    if (digits === null) throw new UdsFormatError("out-of-range", `"${date}" is not a date like 2026-11-21`);
    for (const pair of digits.slice(1)) writer.uint(1, Number.parseInt(pair, 16));
    ascii.write(writer, tester);
  },
  read(reader: ByteReader): Fingerprint {
    const [year, month, day] = Array.from(reader.take(3), (byte) => byte.toString(16).padStart(2, "0"));
    return { date: `20${year}-${month}-${day}`, tester: ascii.read(reader) };
  },
};

const digest = bytes(32);

/** How the value of each data identifier stands on the wire; both ends use it. */
export const didFields = {
  /** The ECU's identifier in the vehicle. */
  serialNumber: ascii,
  hardwareId: ascii,
  softwareVersion: ascii,
  applicationSoftwareId: ascii,
  sparePart: ascii,
  fingerprint,
  activeBank: word({ A: 0x00, B: 0x01 }),
  trialState: word({ none: 0x00, armed: 0x01, trial: 0x02, fallback: 0x03, unknown: 0xff }, "unknown"),
  resumeOffset: record({ offset: u32, digestPrefix: bytes(8) }),
  resumePatch: record({ patchOffset: u32, digestPrefix: bytes(8) }),
  /** SHA-256 of the image in the active bank. */
  imageDigest: digest,
  /** SHA-256 of the checked image in the inactive bank; zeros where there is none. */
  inactiveImageDigest: digest,
  /** The burned one. */
  releaseCounter: u32,
} satisfies Record<DidName, unknown>;

export type DidValue<N extends DidName> = FieldOutput<(typeof didFields)[N]>;

/** The field of a name, as TypeScript sees it for any name. */
const fieldOf = <N extends DidName>(name: N): Field<DidValue<N>> => didFields[name] as Field<DidValue<N>>;

/** The data record of a DID. @throws {UdsFormatError} where the value does not fit. */
export const encodeDid = <N extends DidName>(name: N, value: DidValue<N>): Uint8Array =>
  encode(fieldOf(name), value);

/** @throws {UdsFormatError} where the record does not fit. */
export const decodeDid = <N extends DidName>(name: N, data: Uint8Array): DidValue<N> =>
  decode(fieldOf(name), data);

/** The name of a data identifier in this profile, if it has one. */
export const didNamed = (profile: EcuProfile, did: number): DidName | undefined =>
  (Object.keys(profile.dids) as DidName[]).find((name) => profile.dids[name] === did);

/** The number of a DID. @throws {ProfileError} `absent` where this ECU has none of that name. */
export function didOf(profile: EcuProfile, name: DidName): number {
  const did = profile.dids[name];
  if (did === undefined) throw new ProfileError("absent", `dids.${name}`, `${profile.title} has none`);
  return did;
}

/** Reads one value (service 22). Throws as `UdsClient.request` and `didOf` do. */
export async function readDid<N extends DidName>(
  client: UdsClient,
  profile: EcuProfile,
  name: N,
  options?: RequestOptions,
): Promise<DidValue<N>> {
  const { data } = await client.request(ReadDataByIdentifier, { dids: [didOf(profile, name)] }, options);
  try {
    return decodeDid(name, data);
  } catch (error) {
    if (!(error instanceof UdsFormatError)) throw error;
    throw new UdsProtocolError(ReadDataByIdentifier, `${name} is not readable: ${error.message}`, {
      cause: error,
    });
  }
}

/** Writes one value (service 2E). Throws as `UdsClient.request` and `didOf` do. */
export async function writeDid<N extends DidName>(
  client: UdsClient,
  profile: EcuProfile,
  name: N,
  value: DidValue<N>,
  options?: RequestOptions,
): Promise<void> {
  const data = encodeDid(name, value);
  await client.request(WriteDataByIdentifier, { did: didOf(profile, name), data }, options);
}
