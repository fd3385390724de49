import { optional, record, u8 } from "../fields.ts";
import { Nrc } from "../nrc.ts";
import { declareService } from "../service.ts";

/** resetType (ISO 14229-1:2020, table 34). */
export const ResetType = { hard: 0x01, keyOffOn: 0x02, soft: 0x03 } as const;

/** 11 (ISO 14229-1:2020, 10.3). `powerDownTimeS` is answered for rapid power shut-down only. */
export const EcuReset = declareService({
  name: "ECUReset",
  sid: 0x11,
  subFunction: true,
  echo: 1,
  request: record({ resetType: u8 }),
  response: record({ resetType: u8, powerDownTimeS: optional(u8) }),
  nrcs: [
    Nrc.subFunctionNotSupported,
    Nrc.conditionsNotCorrect,
    Nrc.requestSequenceError,
    Nrc.subFunctionNotSupportedInActiveSession,
  ],
});
