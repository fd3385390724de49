import { choice, list, record, rest, u16, u24, u8 } from "../fields.ts";
import { Nrc } from "../nrc.ts";
import { declareService } from "../service.ts";

/** Sub-functions of ReadDTCInformation that are declared here (ISO 14229-1:2020, table 266). */
export const DtcReport = {
  numberByStatusMask: 0x01,
  byStatusMask: 0x02,
  snapshotRecord: 0x04,
  extendedDataRecord: 0x06,
  supported: 0x0a,
} as const;

/** Record number that asks for all records of a DTC. */
export const ALL_RECORDS = 0xff;

const statusMask = { statusMask: u8 };
const ofDtc = { dtc: u24, recordNumber: u8 };
const dtcs = { availabilityMask: u8, dtcs: list(record({ dtc: u24, status: u8 })) };
/**
 * What snapshots and extended data hold is the ECU's own matter: record numbers, identifiers and data stand one
 * after another without lengths.
 */
const recordsOfDtc = { dtc: u24, status: u8, records: rest };

/** 19 (ISO 14229-1:2020, 12.3). The shape of request and answer depends on the report. */
export const ReadDtcInformation = declareService({
  name: "ReadDTCInformation",
  sid: 0x19,
  subFunction: true,
  echo: 1,
  request: choice("report", {
    0x01: statusMask,
    0x02: statusMask,
    0x04: ofDtc,
    0x06: ofDtc,
    0x0a: {},
  }),
  response: choice("report", {
    0x01: { availabilityMask: u8, formatIdentifier: u8, count: u16 },
    0x02: dtcs,
    0x04: recordsOfDtc,
    0x06: recordsOfDtc,
    0x0a: dtcs,
  }),
  nrcs: [Nrc.subFunctionNotSupported, Nrc.requestOutOfRange, Nrc.subFunctionNotSupportedInActiveSession],
});
