import { record, rest, u16, u8 } from "../fields.ts";
import { Nrc } from "../nrc.ts";
import { declareService } from "../service.ts";

/** routineControlType (ISO 14229-1:2020, table 426). */
export const RoutineControlType = { start: 0x01, stop: 0x02, requestResults: 0x03 } as const;

/** 31 (ISO 14229-1:2020, 14.2). What the records hold is the routine's own matter. */
export const RoutineControl = declareService({
  name: "RoutineControl",
  sid: 0x31,
  subFunction: true,
  echo: 3,
  request: record({ controlType: u8, routineId: u16, optionRecord: rest }),
  response: record({ controlType: u8, routineId: u16, statusRecord: rest }),
  nrcs: [
    Nrc.subFunctionNotSupported,
    Nrc.conditionsNotCorrect,
    Nrc.requestSequenceError,
    Nrc.requestOutOfRange,
    Nrc.generalProgrammingFailure,
    Nrc.subFunctionNotSupportedInActiveSession,
  ],
});
