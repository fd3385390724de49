import {
  ALL_DTCS,
  ClearDiagnosticInformation,
  DtcReport,
  ReadDtcInformation,
  UdsProtocolError,
} from "@halfshaft/vehicle-net/uds";
import type { EcuLink } from "./ecu-link.ts";

/** A stored fault. */
export interface Dtc {
  /** `P1601-00`, as SAE J2012-DA writes it: two bytes of code, one of failure type. */
  readonly code: string;
  readonly status: number;
  readonly words: readonly string[];
}

/** Status bits, lowest first (ISO 14229-1:2020, annex D.2). */
const STATUS_BITS = [
  "test failed",
  "test failed this operation cycle",
  "pending",
  "confirmed",
  "test not completed since last clear",
  "test failed since last clear",
  "test not completed this operation cycle",
  "warning indicator requested",
] as const;
const SYSTEMS = ["P", "C", "B", "U"] as const;

/** `P0123-45` for 0x012345: the highest two bits name the system, the others are digits. */
export function formatDtc(dtc: number): string {
  const digits = (dtc & 0x3f_ffff).toString(16).toUpperCase().padStart(6, "0");
  return `${SYSTEMS[dtc >>> 22]}${digits.slice(0, 4)}-${digits.slice(4)}`;
}

export const statusWords = (status: number): string[] =>
  STATUS_BITS.filter((_, bit) => (status & (1 << bit)) !== 0);

/** 19 02: the faults that have one of the bits of `mask` set. Throws as `UdsClient.request` does. */
export async function readDtcs({ client }: EcuLink, mask: number): Promise<Dtc[]> {
  const answer = await client.request(ReadDtcInformation, {
    report: DtcReport.byStatusMask,
    statusMask: mask,
  });
  if (answer.report !== DtcReport.byStatusMask) {
    throw new UdsProtocolError(ReadDtcInformation, "the answer is of another report");
  }
  return answer.dtcs.map(({ dtc, status }) => ({
    code: formatDtc(dtc),
    status,
    words: statusWords(status),
  }));
}

/** 14: all groups. Throws as `UdsClient.request` does. */
export async function clearDtcs({ client }: EcuLink): Promise<void> {
  await client.request(ClearDiagnosticInformation, { groupOfDtc: ALL_DTCS });
}
