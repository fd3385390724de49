import { choice, list, optional, record, rest, u16, u24, u8 } from "../fields.ts";
import { Nrc } from "../nrc.ts";
import { declareService } from "../service.ts";

/** Sub-functions of ReadDTCInformation (ISO 14229-1:2020, table 266). 0F to 13 were removed in that edition. */
export const DtcReport = {
  numberByStatusMask: 0x01,
  byStatusMask: 0x02,
  snapshotIdentification: 0x03,
  snapshotRecord: 0x04,
  storedDataRecord: 0x05,
  extendedDataRecord: 0x06,
  numberBySeverityMask: 0x07,
  bySeverityMask: 0x08,
  severity: 0x09,
  supported: 0x0a,
  firstTestFailed: 0x0b,
  firstConfirmed: 0x0c,
  mostRecentTestFailed: 0x0d,
  mostRecentConfirmed: 0x0e,
  faultDetectionCounter: 0x14,
  permanent: 0x15,
  extendedDataByRecord: 0x16,
  userMemoryByStatusMask: 0x17,
  userMemorySnapshotRecord: 0x18,
  userMemoryExtendedDataRecord: 0x19,
  supportedOfExtendedData: 0x1a,
  wwhObdByMask: 0x42,
  wwhObdPermanent: 0x55,
  byReadinessGroup: 0x56,
} as const;

/** Record number that asks for all records of a DTC. */
export const ALL_RECORDS = 0xff;

const statusMask = { statusMask: u8 };
const severityMask = { severityMask: u8, statusMask: u8 };
const ofDtc = { dtc: u24, recordNumber: u8 };
const userMemory = { memorySelection: u8 };

const number = { availabilityMask: u8, formatIdentifier: u8, count: u16 };
const dtcs = { availabilityMask: u8, dtcs: list(record({ dtc: u24, status: u8 })) };
const severities = {
  availabilityMask: u8,
  dtcs: list(record({ severity: u8, functionalUnit: u8, dtc: u24, status: u8 })),
};
/**
 * What snapshots and extended data hold is the ECU's own matter: record numbers, identifiers and data stand one
 * after another without lengths.
 */
const recordsOfDtc = { dtc: u24, status: u8, records: rest };
const recordsOfNumber = { recordNumber: u8, records: rest };

/** 19 (ISO 14229-1:2020, 12.3). The shape of request and answer depends on the report. */
export const ReadDtcInformation = declareService({
  name: "ReadDTCInformation",
  sid: 0x19,
  subFunction: true,
  echo: 1,
  request: choice("report", {
    0x01: statusMask,
    0x02: statusMask,
    0x03: {},
    0x04: ofDtc,
    0x05: { recordNumber: u8 },
    0x06: ofDtc,
    0x07: severityMask,
    0x08: severityMask,
    0x09: { dtc: u24 },
    0x0a: {},
    0x0b: {},
    0x0c: {},
    0x0d: {},
    0x0e: {},
    0x14: {},
    0x15: {},
    0x16: { recordNumber: u8 },
    0x17: { ...statusMask, ...userMemory },
    0x18: { ...ofDtc, ...userMemory },
    0x19: { ...ofDtc, ...userMemory },
    0x1a: { recordNumber: u8 },
    0x42: { functionalGroup: u8, statusMask: u8, severityMask: u8 },
    0x55: { functionalGroup: u8 },
    0x56: { functionalGroup: u8, readinessGroup: u8 },
  }),
  response: choice("report", {
    0x01: number,
    0x02: dtcs,
    0x03: { snapshots: list(record({ dtc: u24, recordNumber: u8 })) },
    0x04: recordsOfDtc,
    0x05: recordsOfNumber,
    0x06: recordsOfDtc,
    0x07: number,
    0x08: severities,
    0x09: severities,
    0x0a: dtcs,
    0x0b: dtcs,
    0x0c: dtcs,
    0x0d: dtcs,
    0x0e: dtcs,
    0x14: { dtcs: list(record({ dtc: u24, faultDetectionCounter: u8 })) },
    0x15: dtcs,
    0x16: recordsOfNumber,
    0x17: { ...userMemory, ...dtcs },
    0x18: { ...userMemory, ...recordsOfDtc },
    0x19: { ...userMemory, ...recordsOfDtc },
    // The record number is left out where no DTC has such data.
    0x1a: { availabilityMask: u8, recordNumber: optional(u8), dtcs: dtcs.dtcs },
    0x42: {
      functionalGroup: u8,
      availabilityMask: u8,
      severityAvailabilityMask: u8,
      formatIdentifier: u8,
      dtcs: list(record({ severity: u8, dtc: u24, status: u8 })),
    },
    0x55: {
      functionalGroup: u8,
      availabilityMask: u8,
      formatIdentifier: u8,
      dtcs: dtcs.dtcs,
    },
    0x56: {
      functionalGroup: u8,
      availabilityMask: u8,
      formatIdentifier: u8,
      readinessGroup: u8,
      dtcs: dtcs.dtcs,
    },
  }),
  nrcs: [Nrc.subFunctionNotSupported, Nrc.requestOutOfRange, Nrc.subFunctionNotSupportedInActiveSession],
});
