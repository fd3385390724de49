import { type DidName, type EcuProfile, didNamed } from "@halfshaft/vehicle-net/ecu";
import { describeBytes, meaningOfDid } from "@halfshaft/vehicle-net/explain";
import { ReadDataByIdentifier, WriteDataByIdentifier } from "@halfshaft/vehicle-net/uds";
import { BenchToolError } from "./bench-tool-error.ts";
import type { EcuLink } from "./ecu-link.ts";

/** The value of a data identifier. */
export interface DidRecord {
  readonly did: number;
  /** In the profile. */
  readonly name?: string;
  readonly data: Uint8Array;
  /** In words: what the profile makes of it, else its bytes. */
  readonly value: string;
}

/**
 * The number of a DID as a person writes it: a name of the profile, or hex digits: `F190`, `0xF190`.
 * @throws {BenchToolError} `DID_UNKNOWN`
 */
export function parseDid(text: string, profile?: EcuProfile): number {
  const named = profile?.dids[text as DidName] ?? profile?.otherDids?.[text];
  if (named !== undefined) return named;
  if (/^(0x)?[0-9a-f]{1,4}$/i.test(text)) return Number.parseInt(text.replace(/^0x/i, ""), 16);
  const names = Object.keys({ ...profile?.dids, ...profile?.otherDids });
  const known =
    names.length === 0 ? "names come with --ecu-profile" : `the profile names ${names.join(", ")}`;
  throw new BenchToolError(
    "DID_UNKNOWN",
    `"${text}" is no data identifier.`,
    `Write up to four hex digits, such as F190; ${known}.`,
  );
}

/** `F195` */
export const didDigits = (did: number): string => did.toString(16).toUpperCase().padStart(4, "0");

/** The name of a DID in a profile, if it has one. */
export function nameOfDid(did: number, profile?: EcuProfile): string | undefined {
  if (profile === undefined) return undefined;
  const other = Object.entries(profile.otherDids ?? {}).find(([, number]) => number === did)?.[0];
  return didNamed(profile, did) ?? other;
}

/** Reads one (service 22). Throws as `UdsClient.request` does. */
export async function readRecord({ client, profile }: EcuLink, did: number): Promise<DidRecord> {
  const { data } = await client.request(ReadDataByIdentifier, { dids: [did] });
  const meaning = profile === undefined ? undefined : meaningOfDid(profile, did, data);
  return { did, name: nameOfDid(did, profile), data, value: meaning ?? describeBytes(data) };
}

/**
 * Writes one (service 2E) and reads it back.
 * @throws {BenchToolError} `DID_READ_BACK_DIFFERS`; else as `UdsClient.request`
 */
export async function writeRecord(link: EcuLink, did: number, data: Uint8Array): Promise<DidRecord> {
  await link.client.request(WriteDataByIdentifier, { did, data });
  const record = await readRecord(link, did);
  if (Buffer.from(record.data).equals(data)) return record;
  throw new BenchToolError(
    "DID_READ_BACK_DIFFERS",
    `${link.name} took ${didDigits(did)}, but reads ${describeBytes(record.data)}, not ${describeBytes(data)}.`,
    "It may change the value on its own, or take it over only after a reset: read it again.",
  );
}
