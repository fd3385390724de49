import { optional, record, scaled, u16, u8 } from "../fields.ts";
import { Nrc } from "../nrc.ts";
import { declareService } from "../service.ts";

/** diagnosticSessionType (ISO 14229-1:2020, table 25). */
export const Session = { default: 0x01, programming: 0x02, extended: 0x03, safetySystem: 0x04 } as const;

/**
 * 10 (ISO 14229-1:2020, 10.2). The answer tells the server's P2 in units of 1 ms and its P2* in units of 10 ms; ECUs
 * built to the edition of 2006 leave both out.
 */
export const DiagnosticSessionControl = declareService({
  name: "DiagnosticSessionControl",
  sid: 0x10,
  subFunction: true,
  echo: 1,
  request: record({ session: u8 }),
  response: record({ session: u8, p2Ms: optional(u16), p2StarMs: optional(scaled(u16, 10)) }),
  nrcs: [
    Nrc.subFunctionNotSupported,
    Nrc.conditionsNotCorrect,
    Nrc.requestSequenceError,
    Nrc.subFunctionNotSupportedInActiveSession,
  ],
});
