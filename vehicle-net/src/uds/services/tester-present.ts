import { record, u8 } from "../fields.ts";
import { Nrc } from "../nrc.ts";
import { declareService } from "../service.ts";

/** 3E (ISO 14229-1:2020, 10.7). The only sub-function is zero. */
export const TesterPresent = declareService({
  name: "TesterPresent",
  sid: 0x3e,
  subFunction: true,
  echo: 1,
  request: record({ zero: u8 }),
  response: record({ zero: u8 }),
  nrcs: [Nrc.subFunctionNotSupported],
});
