import {
  ClearDiagnosticInformation,
  CommunicationControl,
  ControlDtcSetting,
  DtcReport,
  EcuReset,
  handle,
  type Handler,
  Nrc,
  ReadDataByIdentifier,
  ReadDtcInformation,
  RequestDownload,
  RequestTransferExit,
  RoutineControl,
  type SecurityOptions,
  type ServerTiming,
  TransferData,
  UdsRefused,
  WriteDataByIdentifier,
} from "@halfshaft/vehicle-net/uds";
import type { Random } from "./random.ts";
import { keyOf } from "./uds-conversations.ts";

export const SERVER_TIMING: ServerTiming = { p2Ms: 50, p2StarMs: 5000, s3Ms: 5000 };

const MEMORY_BYTES = 0x1000;
const MAX_BLOCK_BYTES = 64;
const PROGRAMMING = { sessions: [2], security: 1 };
/** A routine that takes longer than P2. */
const SLOW_ROUTINE = 0xabcd;
const SLOW_MS = 200;

/** A small ECU: memory of 4 KB, some identifiers, one slow routine. */
export function serverHandlers(enter: (state: string) => void, reset: () => void): Handler[] {
  let download: { left: number; counter: number } | undefined;
  return [
    handle(EcuReset, { subFunctions: [1, 3] }, ({ resetType }, context) => {
      context.afterResponse(reset);
      return { resetType };
    }),
    handle(ClearDiagnosticInformation, {}, () => ({})),
    handle(ReadDtcInformation, {}, (request) => {
      if (request.report !== DtcReport.byStatusMask)
        throw new UdsRefused(ReadDtcInformation, Nrc.subFunctionNotSupported);
      return { report: request.report, availabilityMask: 0xff, dtcs: [{ dtc: 0x160100, status: 8 }] };
    }),
    handle(ReadDataByIdentifier, {}, ({ dids }) => {
      const [did = 0] = dids;
      if (did >>> 8 !== 0xf1) throw new UdsRefused(ReadDataByIdentifier, Nrc.requestOutOfRange);
      return { did, data: Uint8Array.of(1, 2, 3) };
    }),
    handle(WriteDataByIdentifier, PROGRAMMING, ({ did }) => ({ did })),
    handle(CommunicationControl, { sessions: [2, 3] }, ({ controlType }) => ({ controlType })),
    handle(ControlDtcSetting, { sessions: [2, 3], subFunctions: [1, 2] }, ({ setting }) => ({ setting })),
    handle(RoutineControl, { sessions: [2, 3], subFunctions: [1, 3] }, async (request, { clock, signal }) => {
      const { controlType, routineId } = request;
      if (routineId === SLOW_ROUTINE) await clock.sleep(SLOW_MS, signal);
      return { controlType, routineId, statusRecord: Uint8Array.of(0) };
    }),
    handle(RequestDownload, PROGRAMMING, ({ memory }) => {
      const { address, length } = memory;
      if (length === 0 || address + length > MEMORY_BYTES) {
        throw new UdsRefused(RequestDownload, Nrc.requestOutOfRange);
      }
      download = { left: length, counter: 0 };
      enter("download begun");
      return { maxBlockBytes: MAX_BLOCK_BYTES };
    }),
    handle(TransferData, PROGRAMMING, ({ counter, data }) => {
      if (download === undefined) throw new UdsRefused(TransferData, Nrc.requestSequenceError);
      if (counter === download.counter && counter > 0) return { counter, data: new Uint8Array() };
      if (counter !== ((download.counter + 1) & 0xff)) {
        throw new UdsRefused(TransferData, Nrc.wrongBlockSequenceCounter);
      }
      if (data.length > download.left) throw new UdsRefused(TransferData, Nrc.transferDataSuspended);
      download = { left: download.left - data.length, counter };
      enter("block taken");
      return { counter, data: new Uint8Array() };
    }),
    handle(RequestTransferExit, PROGRAMMING, () => {
      if (download?.left !== 0) throw new UdsRefused(RequestTransferExit, Nrc.requestSequenceError);
      download = undefined;
      enter("download ended");
      return {};
    }),
  ];
}

export function serverSecurity(random: Random): SecurityOptions {
  let wrongKeys = 0;
  return {
    levels: [{ level: 1, algorithm: { seedBytes: 4, key: keyOf }, secret: new Uint8Array() }],
    attemptLimit: 2,
    delayMs: 10_000,
    random: (length) => random.bytes(length),
    store: {
      load: async () => wrongKeys,
      save: async (count) => {
        wrongKeys = count;
      },
    },
  };
}
