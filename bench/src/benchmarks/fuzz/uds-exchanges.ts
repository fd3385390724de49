import {
  type AnyService,
  ClearDiagnosticInformation,
  DiagnosticSessionControl,
  EcuReset,
  ReadDataByIdentifier,
  ReadDtcInformation,
  RequestDownload,
  RequestTransferExit,
  type RequestOptions,
  RoutineControl,
  SecurityAccess,
  type Service,
  TesterPresent,
  TransferData,
  type UdsClient,
  WriteDataByIdentifier,
} from "@halfshaft/vehicle-net/uds";

/** A request as a program makes it, and the answer that a good ECU gives. */
export interface ExampleExchange {
  readonly service: AnyService;
  readonly response: Uint8Array;
  ask(client: UdsClient, options: RequestOptions): Promise<unknown>;
  /** Asks for no positive response; only services with a sub-function can. */
  askSuppressed(client: UdsClient, options: RequestOptions): Promise<void>;
}

function exchange<Request, RequestInput, Response, ResponseInput>(
  service: Service<Request, RequestInput, Response, ResponseInput>,
  fields: RequestInput,
  response: string,
): ExampleExchange {
  return {
    service,
    response: new Uint8Array(Buffer.from(response.replaceAll(" ", ""), "hex")),
    ask: (client, options) => client.request(service, fields, options),
    askSuppressed: (client, options) => client.requestSuppressed(service, fields, options),
  };
}

const bytes = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => i & 0xff);

export const EXCHANGES: readonly ExampleExchange[] = [
  exchange(DiagnosticSessionControl, { session: 3 }, "50 03 00 05 00 02"),
  exchange(DiagnosticSessionControl, { session: 1 }, "50 01 00 05 00 02"),
  exchange(EcuReset, { resetType: 1 }, "51 01"),
  exchange(ClearDiagnosticInformation, { groupOfDtc: 0xffffff }, "54"),
  exchange(ReadDtcInformation, { report: 2, statusMask: 0xff }, "59 02 FF 16 01 00 08 16 02 00 08"),
  exchange(ReadDataByIdentifier, { dids: [0xf190] }, "62 F1 90 57 30 4C 30 30 30 30"),
  exchange(SecurityAccess, { level: 1 }, "67 01 11 22 33 44"),
  exchange(WriteDataByIdentifier, { did: 0xf15a, data: bytes(3) }, "6E F1 5A"),
  exchange(RoutineControl, { controlType: 1, routineId: 0xff00, optionRecord: bytes(8) }, "71 01 FF 00 00"),
  exchange(RequestDownload, { dataFormat: 0, memory: { address: 0, length: 4096 } }, "74 20 0F FF"),
  exchange(TransferData, { counter: 1, data: bytes(32) }, "76 01"),
  exchange(RequestTransferExit, {}, "77"),
  exchange(TesterPresent, { zero: 0 }, "7E 00"),
];
