import { record, rest, u8 } from "../fields.ts";
import { Nrc } from "../nrc.ts";
import { declareService } from "../service.ts";

/**
 * 27 (ISO 14229-1:2020, 10.4). An odd `level` asks for a seed (`data` is an optional record, the answer's `data`
 * the seed); the even one after it sends the key as `data`. A seed of zeros means: already unlocked.
 */
export const SecurityAccess = declareService({
  name: "SecurityAccess",
  sid: 0x27,
  subFunction: true,
  echo: 1,
  request: record({ level: u8, data: rest }),
  response: record({ level: u8, data: rest }),
  nrcs: [
    Nrc.subFunctionNotSupported,
    Nrc.conditionsNotCorrect,
    Nrc.requestSequenceError,
    Nrc.requestOutOfRange,
    Nrc.invalidKey,
    Nrc.exceedNumberOfAttempts,
    Nrc.requiredTimeDelayNotExpired,
    Nrc.subFunctionNotSupportedInActiveSession,
  ],
});
