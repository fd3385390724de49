import {
  describeService,
  DiagnosticSessionControl,
  Nrc,
  nrcName,
  ReadDataByIdentifier,
  serviceOf,
  Session,
  UdsRefused,
} from "@halfshaft/vehicle-net/uds";
import { type DidRecord, nameOfDid, readRecord } from "./did.ts";
import type { EcuLink } from "./ecu-link.ts";

/** What an ECU turned out to have. `refusedWith` is the code that still shows that it is there. */
export type Finding =
  | { readonly kind: "service"; readonly sid: number; readonly name: string; readonly refusedWith?: string }
  | {
      readonly kind: "session";
      readonly session: number;
      readonly name?: string;
      readonly refusedWith?: string;
    }
  | ({ readonly kind: "did"; readonly refusedWith?: string } & Partial<DidRecord> & Pick<DidRecord, "did">);

export interface ScanOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
}

/** Requests of ISO 14229-1:2020, table 2: 10 to 3E, and 83 to 87. */
const SERVICE_IDS = Array.from({ length: 0x3e - 0x10 + 1 }, (_, i) => 0x10 + i).concat([
  0x83, 0x84, 0x85, 0x86, 0x87,
]);
const LAST_SESSION = 0x7f;

/** Sent without their parameters, services do nothing: one that exists says what it misses. */
export async function* scanServices(link: EcuLink, options: ScanOptions = {}): AsyncGenerator<Finding> {
  for (const sid of each(SERVICE_IDS, options)) {
    const nrc = await refusalOf(() => link.client.send(Uint8Array.of(sid), options));
    if (nrc === Nrc.serviceNotSupported) continue;
    const asExpected = nrc === Nrc.incorrectMessageLengthOrInvalidFormat;
    const note = asExpected ? {} : refusedWith(nrc);
    yield { kind: "service", sid, name: describeService(serviceOf(sid)), ...note };
  }
}

/** Enters each session and leaves it again; some ECUs restart on the way in or out. */
export async function* scanSessions(link: EcuLink, options: ScanOptions = {}): AsyncGenerator<Finding> {
  const { client } = link;
  const sessions = Array.from({ length: LAST_SESSION }, (_, i) => i + 1);
  try {
    for (const session of each(sessions, options)) {
      const nrc = await refusalOf(() => client.request(DiagnosticSessionControl, { session }, options));
      if (nrc === undefined && session !== Session.default) await toDefault(link);
      if (nrc === Nrc.subFunctionNotSupported || nrc === Nrc.serviceNotSupported) continue;
      const name = Object.entries(Session).find(([, number]) => number === session)?.[0];
      yield { kind: "session", session, name, ...refusedWith(nrc) };
    }
  } finally {
    if (client.session !== Session.default) await toDefault(link);
  }
}

/** Reads every DID of a range; one that is locked exists too. */
export async function* scanDids(
  link: EcuLink,
  range: { readonly first: number; readonly last: number },
  options: ScanOptions = {},
): AsyncGenerator<Finding> {
  const dids = Array.from({ length: range.last - range.first + 1 }, (_, i) => range.first + i);
  for (const did of each(dids, options)) {
    let record: DidRecord | undefined;
    const nrc = await refusalOf(async () => {
      record = await readRecord(link, did);
    });
    if (record !== undefined) yield { kind: "did", ...record };
    else if (nrc === Nrc.serviceNotSupported) throw new UdsRefused(ReadDataByIdentifier, nrc);
    else if (nrc !== Nrc.requestOutOfRange) {
      yield { kind: "did", did, name: nameOfDid(did, link.profile), ...refusedWith(nrc) };
    }
  }
}

function* each<T>(items: readonly T[], { signal, onProgress }: ScanOptions): Generator<T> {
  for (const [done, item] of items.entries()) {
    signal?.throwIfAborted();
    onProgress?.(done, items.length);
    yield item;
  }
}

async function toDefault({ client }: EcuLink): Promise<void> {
  await client.request(DiagnosticSessionControl, { session: Session.default });
}

/** The code of a refusal; nothing where there was none. Other errors are thrown on. */
async function refusalOf(work: () => Promise<unknown>): Promise<number | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    if (error instanceof UdsRefused) return error.nrc;
    throw error;
  }
}

const refusedWith = (nrc: number | undefined): { refusedWith?: string } =>
  nrc === undefined
    ? {}
    : { refusedWith: nrcName(nrc) ?? `code ${nrc.toString(16).toUpperCase().padStart(2, "0")}` };
