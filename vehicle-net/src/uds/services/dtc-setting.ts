import { record, rest, u8 } from "../fields.ts";
import { Nrc } from "../nrc.ts";
import { declareService } from "../service.ts";

/** DTCSettingType (ISO 14229-1:2020, table 128). */
export const DtcSetting = { on: 0x01, off: 0x02 } as const;

/** 85 (ISO 14229-1:2020, 10.8). */
export const ControlDtcSetting = declareService({
  name: "ControlDTCSetting",
  sid: 0x85,
  subFunction: true,
  echo: 1,
  request: record({ setting: u8, optionRecord: rest }),
  response: record({ setting: u8 }),
  nrcs: [
    Nrc.subFunctionNotSupported,
    Nrc.conditionsNotCorrect,
    Nrc.requestOutOfRange,
    Nrc.subFunctionNotSupportedInActiveSession,
  ],
});
