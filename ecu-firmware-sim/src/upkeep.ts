import {
  ALL_DTCS,
  ClearDiagnosticInformation,
  CommunicationControl,
  CommunicationControlType,
  ControlDtcSetting,
  DtcReport,
  DtcSetting,
  EcuReset,
  handle,
  Nrc,
  ReadDtcInformation,
  ResetType,
  Session,
  UdsRefused,
  type Handler,
} from "@halfshaft/vehicle-net/uds";
import type { EcuCore } from "./ecu-core.ts";

/** P1601-00, of the range that a manufacturer may use: new software did not start, the old one runs again. */
export const TRIAL_FAILED_DTC = 0x16_01_00;

/** confirmedDTC (ISO 14229-1:2020, annex D.2): the one status bit that this ECU keeps. */
const CONFIRMED = 0x08;
/** DTCFormatIdentifier SAE J2012-DA format 04 (ISO 14229-1:2020, table 281). */
const J2012_FORMAT_04 = 0x04;

/** Services 11, 14, 19, 28 and 85. */
export function upkeepHandlers(core: EcuCore): Handler[] {
  const { store } = core;
  const notDefault = { sessions: [Session.extended, Session.programming] };
  return [
    handle(EcuReset, { subFunctions: Object.values(ResetType) }, ({ resetType }, context) => {
      context.afterResponse(core.reset);
      return { resetType };
    }),
    handle(ClearDiagnosticInformation, {}, ({ groupOfDtc }) => {
      if (groupOfDtc !== ALL_DTCS && groupOfDtc !== TRIAL_FAILED_DTC) {
        throw new UdsRefused(ClearDiagnosticInformation, Nrc.requestOutOfRange);
      }
      if (store.state.dtcs.length > 0) store.update({ dtcs: [] });
      return {};
    }),
    handle(ReadDtcInformation, {}, (request) => {
      const statusOf = (dtc: number): number => (store.state.dtcs.includes(dtc) ? CONFIRMED : 0);
      const stored = (mask: number) =>
        store.state.dtcs
          .map((dtc) => ({ dtc, status: statusOf(dtc) }))
          .filter((d) => (d.status & mask) !== 0);
      const { report } = request;
      switch (report) {
        case DtcReport.numberByStatusMask: {
          const count = stored(request.statusMask).length;
          return { report, availabilityMask: CONFIRMED, formatIdentifier: J2012_FORMAT_04, count };
        }
        case DtcReport.byStatusMask:
          return { report, availabilityMask: CONFIRMED, dtcs: stored(request.statusMask) };
        case DtcReport.supported: {
          const dtcs = [{ dtc: TRIAL_FAILED_DTC, status: statusOf(TRIAL_FAILED_DTC) }];
          return { report, availabilityMask: CONFIRMED, dtcs };
        }
        default:
          throw new UdsRefused(ReadDtcInformation, Nrc.subFunctionNotSupported);
      }
    }),
    // The only messages of this ECU are diagnostic, and its only fault is found at boot, when both settings are back
    // at their defaults: there is nothing else that 28 and 85 could silence.
    handle(
      CommunicationControl,
      { ...notDefault, subFunctions: Object.values(CommunicationControlType) },
      ({ controlType }) => ({ controlType }),
    ),
    handle(ControlDtcSetting, { ...notDefault, subFunctions: Object.values(DtcSetting) }, ({ setting }) => ({
      setting,
    })),
  ];
}
