import { optional, record, u24, u8 } from "../fields.ts";
import { Nrc } from "../nrc.ts";
import { declareService } from "../service.ts";

/** groupOfDTC that means all of them (ISO 14229-1:2020, annex D.1). */
export const ALL_DTCS = 0xff_ff_ff;

/** 14 (ISO 14229-1:2020, 12.2). */
export const ClearDiagnosticInformation = declareService({
  name: "ClearDiagnosticInformation",
  sid: 0x14,
  subFunction: false,
  echo: 0,
  request: record({ groupOfDtc: u24, memorySelection: optional(u8) }),
  response: record({}),
  nrcs: [Nrc.conditionsNotCorrect, Nrc.requestOutOfRange, Nrc.generalProgrammingFailure],
});
