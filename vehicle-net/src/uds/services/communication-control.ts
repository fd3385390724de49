import { optional, record, u16, u8 } from "../fields.ts";
import { Nrc } from "../nrc.ts";
import { declareService } from "../service.ts";

/** controlType (ISO 14229-1:2020, table 55). */
export const CommunicationControlType = {
  enableRxAndTx: 0x00,
  enableRxAndDisableTx: 0x01,
  disableRxAndEnableTx: 0x02,
  disableRxAndTx: 0x03,
} as const;

/** communicationType (ISO 14229-1:2020, annex B.1): which messages are meant, on the network of the request. */
export const CommunicationType = { normal: 0x01, networkManagement: 0x02, both: 0x03 } as const;

/** 28 (ISO 14229-1:2020, 10.5). `nodeId` belongs to the control types with enhanced address information. */
export const CommunicationControl = declareService({
  name: "CommunicationControl",
  sid: 0x28,
  subFunction: true,
  echo: 1,
  request: record({ controlType: u8, communicationType: u8, nodeId: optional(u16) }),
  response: record({ controlType: u8 }),
  nrcs: [
    Nrc.subFunctionNotSupported,
    Nrc.conditionsNotCorrect,
    Nrc.requestOutOfRange,
    Nrc.subFunctionNotSupportedInActiveSession,
  ],
});
