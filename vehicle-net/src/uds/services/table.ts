import type { AnyService } from "../service.ts";
import { Authentication } from "./authentication.ts";
import { ClearDiagnosticInformation } from "./clear-dtc.ts";
import { CommunicationControl } from "./communication-control.ts";
import { ReadDataByIdentifier, WriteDataByIdentifier } from "./data-by-identifier.ts";
import { ControlDtcSetting } from "./dtc-setting.ts";
import { EcuReset } from "./ecu-reset.ts";
import { ReadDtcInformation } from "./read-dtc.ts";
import { RoutineControl } from "./routine-control.ts";
import { SecurityAccess } from "./security-access.ts";
import { DiagnosticSessionControl } from "./session-control.ts";
import { TesterPresent } from "./tester-present.ts";
import { ReadScalingDataByIdentifier } from "./scaling-data.ts";
import { RequestFileTransfer } from "./file-transfer.ts";
import { RequestDownload, RequestTransferExit, RequestUpload, TransferData } from "./transfer.ts";

/** Every service that is declared. A new one is its file and its line here. */
export const services = [
  DiagnosticSessionControl,
  EcuReset,
  ClearDiagnosticInformation,
  ReadDtcInformation,
  ReadDataByIdentifier,
  ReadScalingDataByIdentifier,
  SecurityAccess,
  CommunicationControl,
  Authentication,
  WriteDataByIdentifier,
  RoutineControl,
  RequestDownload,
  RequestUpload,
  TransferData,
  RequestTransferExit,
  RequestFileTransfer,
  TesterPresent,
  ControlDtcSetting,
] as const;

const bySid = new Map<number, AnyService>(services.map((service) => [service.sid, service]));

/** The declaration of a service identifier; one that is not declared gets a nameless stand-in. */
export const serviceOf = (sid: number): AnyService =>
  bySid.get(sid) ?? { name: "service", sid, subFunction: false, echo: 0, nrcs: [] };
