import { decodeRequest, decodeResponse, encodeRequest, encodeResponse, type Service } from "../service.ts";
import { hex, text } from "../test-link.ts";
import { Authentication } from "./authentication.ts";
import { ClearDiagnosticInformation } from "./clear-dtc.ts";
import { CommunicationControl } from "./communication-control.ts";
import { ReadDataByIdentifier, WriteDataByIdentifier } from "./data-by-identifier.ts";
import { ControlDtcSetting } from "./dtc-setting.ts";
import { EcuReset } from "./ecu-reset.ts";
import { RequestFileTransfer } from "./file-transfer.ts";
import { ReadDtcInformation } from "./read-dtc.ts";
import { RoutineControl } from "./routine-control.ts";
import { ReadScalingDataByIdentifier } from "./scaling-data.ts";
import { SecurityAccess } from "./security-access.ts";
import { DiagnosticSessionControl } from "./session-control.ts";
import { TesterPresent } from "./tester-present.ts";
import { RequestDownload, RequestTransferExit, RequestUpload, TransferData } from "./transfer.ts";

const none = hex("");
/** Sixteen bytes: an object identifier in BER, filled up with zeros. */
const algorithmIndicator = "06 09 2A 86 48 86 F7 0D 01 01 0B 00 00 00 00 00";

export interface Example {
  request: string;
  requestFields: unknown;
  response: string;
  responseFields: unknown;
}

/** Ties an example to the types of its service, then forgets them for the table. */
function example<Request, RequestInput, Response, ResponseInput>(
  service: Service<Request, RequestInput, Response, ResponseInput>,
  request: string,
  requestFields: Request & RequestInput,
  response: string,
  responseFields: Response & ResponseInput,
): [string, Example & { write: () => string[]; read: () => unknown[] }] {
  const write = (): string[] => [
    text(encodeRequest(service, requestFields)),
    text(encodeResponse(service, responseFields)),
  ];
  const read = (): unknown[] => [
    decodeRequest(service, hex(request)).request,
    decodeResponse(service, hex(response)),
  ];
  return [service.name, { request, requestFields, response, responseFields, write, read }];
}

// Bytes composed by hand from the tables and message flow examples of ISO 14229-1:2020 (clauses as in each declaration).
export const examples = [
  example(DiagnosticSessionControl, "10 02", { session: 2 }, "50 02 00 32 01 F4", {
    session: 2,
    p2Ms: 50,
    p2StarMs: 5000,
  }),
  // ISO 14229:2006 has no sessionParameterRecord.
  example(DiagnosticSessionControl, "10 03", { session: 3 }, "50 03", { session: 3 }),
  example(EcuReset, "11 01", { resetType: 1 }, "51 01", { resetType: 1 }),
  example(EcuReset, "11 04", { resetType: 4 }, "51 04 0A", { resetType: 4, powerDownTimeS: 10 }),
  example(ClearDiagnosticInformation, "14 FF FF 33", { groupOfDtc: 0xffff33 }, "54", {}),
  example(ReadDtcInformation, "19 01 08", { report: 1, statusMask: 8 }, "59 01 2F 01 00 01", {
    report: 1,
    availabilityMask: 0x2f,
    formatIdentifier: 1,
    count: 1,
  }),
  example(
    ReadDtcInformation,
    "19 02 84",
    { report: 2, statusMask: 0x84 },
    "59 02 7F 0A 9B 17 24 08 05 11 2F",
    {
      report: 2,
      availabilityMask: 0x7f,
      dtcs: [
        { dtc: 0x0a9b17, status: 0x24 },
        { dtc: 0x080511, status: 0x2f },
      ],
    },
  ),
  example(
    ReadDtcInformation,
    "19 04 12 34 56 02",
    { report: 4, dtc: 0x123456, recordNumber: 2 },
    "59 04 12 34 56 24 02 01 47 11 A6 66 07 50 20",
    { report: 4, dtc: 0x123456, status: 0x24, records: hex("02 01 47 11 A6 66 07 50 20") },
  ),
  example(
    ReadDtcInformation,
    "19 06 12 34 56 FF",
    { report: 6, dtc: 0x123456, recordNumber: 0xff },
    "59 06 12 34 56 24 05 17 10 79",
    { report: 6, dtc: 0x123456, status: 0x24, records: hex("05 17 10 79") },
  ),
  example(ReadDtcInformation, "19 03", { report: 3 }, "59 03 12 34 56 01 12 34 57 02", {
    report: 3,
    snapshots: [
      { dtc: 0x123456, recordNumber: 1 },
      { dtc: 0x123457, recordNumber: 2 },
    ],
  }),
  example(
    ReadDtcInformation,
    "19 08 C0 01",
    { report: 8, severityMask: 0xc0, statusMask: 1 },
    "59 08 7F 40 10 08 05 11 2F",
    {
      report: 8,
      availabilityMask: 0x7f,
      dtcs: [{ severity: 0x40, functionalUnit: 0x10, dtc: 0x080511, status: 0x2f }],
    },
  ),
  example(
    ReadDtcInformation,
    "19 17 84 18",
    { report: 0x17, statusMask: 0x84, memorySelection: 0x18 },
    "59 17 18 7F 0A 9B 17 24",
    {
      report: 0x17,
      memorySelection: 0x18,
      availabilityMask: 0x7f,
      dtcs: [{ dtc: 0x0a9b17, status: 0x24 }],
    },
  ),
  example(
    ReadDtcInformation,
    "19 42 33 08 FF",
    { report: 0x42, functionalGroup: 0x33, statusMask: 8, severityMask: 0xff },
    "59 42 33 FF FF 04 20 25 22 1F 2F",
    {
      report: 0x42,
      functionalGroup: 0x33,
      availabilityMask: 0xff,
      severityAvailabilityMask: 0xff,
      formatIdentifier: 4,
      dtcs: [{ severity: 0x20, dtc: 0x25221f, status: 0x2f }],
    },
  ),
  example(ReadDtcInformation, "19 0A", { report: 10 }, "59 0A 7F 12 34 56 24", {
    report: 10,
    availabilityMask: 0x7f,
    dtcs: [{ dtc: 0x123456, status: 0x24 }],
  }),
  example(ReadScalingDataByIdentifier, "24 01 05", { did: 0x0105 }, "64 01 05 01 95 00 E0 4B 00 1E A1 30", {
    did: 0x0105,
    scaling: [
      { type: 0x0, count: 1, extension: none },
      { type: 0x9, count: 5, extension: hex("00 E0 4B 00 1E") },
      { type: 0xa, count: 1, extension: hex("30") },
    ],
  }),
  example(Authentication, "29 00", { task: 0 }, "69 00 10", { task: 0, returnParameter: 0x10 }),
  example(
    Authentication,
    "29 01 00 00 03 C1 C2 C3 00 02 AA BB",
    { task: 1, communicationConfiguration: 0, certificate: hex("C1 C2 C3"), challenge: hex("AA BB") },
    "69 01 11 00 02 5E 5F 00 00",
    { task: 1, returnParameter: 0x11, challenge: hex("5E 5F"), ephemeralPublicKey: none },
  ),
  example(
    Authentication,
    "29 02 00 00 01 C1 00 01 AA",
    { task: 2, communicationConfiguration: 0, certificate: hex("C1"), challenge: hex("AA") },
    "69 02 11 00 01 5E 00 01 C2 00 01 99 00 01 EE",
    {
      task: 2,
      returnParameter: 0x11,
      challenge: hex("5E"),
      certificate: hex("C2"),
      proof: hex("99"),
      ephemeralPublicKey: hex("EE"),
    },
  ),
  example(
    Authentication,
    "29 03 00 02 90 91 00 01 EE",
    { task: 3, proof: hex("90 91"), ephemeralPublicKey: hex("EE") },
    "69 03 12 00 00",
    { task: 3, returnParameter: 0x12, sessionKeyInfo: none },
  ),
  example(
    Authentication,
    "29 04 00 07 00 01 C1",
    { task: 4, evaluationId: 7, certificate: hex("C1") },
    "69 04 13",
    { task: 4, returnParameter: 0x13 },
  ),
  example(
    Authentication,
    `29 05 00 ${algorithmIndicator}`,
    { task: 5, communicationConfiguration: 0, algorithm: hex(algorithmIndicator) },
    `69 05 00 ${algorithmIndicator} 00 02 5E 5F 00 00`,
    {
      task: 5,
      returnParameter: 0,
      algorithm: hex(algorithmIndicator),
      challenge: hex("5E 5F"),
      neededAdditionalParameter: none,
    },
  ),
  example(
    Authentication,
    `29 07 ${algorithmIndicator} 00 01 90 00 01 AA 00 00`,
    {
      task: 7,
      algorithm: hex(algorithmIndicator),
      proof: hex("90"),
      challenge: hex("AA"),
      additionalParameter: none,
    },
    `69 07 12 ${algorithmIndicator} 00 01 99 00 01 55`,
    {
      task: 7,
      returnParameter: 0x12,
      algorithm: hex(algorithmIndicator),
      proof: hex("99"),
      sessionKeyInfo: hex("55"),
    },
  ),
  example(Authentication, "29 08", { task: 8 }, "69 08 02", { task: 8, returnParameter: 2 }),
  example(ReadDataByIdentifier, "22 F1 95", { dids: [0xf195] }, "62 F1 95 32 2E 30", {
    did: 0xf195,
    data: hex("32 2E 30"),
  }),
  example(SecurityAccess, "27 01", { level: 1, data: none }, "67 01 36 57", { level: 1, data: hex("36 57") }),
  example(SecurityAccess, "27 02 C9 A9", { level: 2, data: hex("C9 A9") }, "67 02", { level: 2, data: none }),
  example(CommunicationControl, "28 01 02", { controlType: 1, communicationType: 2 }, "68 01", {
    controlType: 1,
  }),
  example(
    CommunicationControl,
    "28 04 01 00 0A",
    { controlType: 4, communicationType: 1, nodeId: 10 },
    "68 04",
    { controlType: 4 },
  ),
  example(WriteDataByIdentifier, "2E F1 5A 26 11 21", { did: 0xf15a, data: hex("26 11 21") }, "6E F1 5A", {
    did: 0xf15a,
  }),
  example(
    RoutineControl,
    "31 01 02 01",
    { controlType: 1, routineId: 0x0201, optionRecord: none },
    "71 01 02 01 32",
    { controlType: 1, routineId: 0x0201, statusRecord: hex("32") },
  ),
  example(
    RequestDownload,
    "34 11 33 60 20 00 00 FF FF",
    { dataFormat: 0x11, memory: { format: 0x33, address: 0x602000, length: 0x00ffff } },
    "74 20 00 81",
    { maxBlockBytes: 0x81 },
  ),
  example(
    RequestDownload,
    "34 00 44 70 00 00 00 00 00 FD 00",
    { dataFormat: 0, memory: { format: 0x44, address: 0x7000_0000, length: 64_768 } },
    "74 20 0F FF",
    { maxBlockBytes: 4095 },
  ),
  example(
    RequestUpload,
    "35 11 33 60 20 00 00 FF FF",
    { dataFormat: 0x11, memory: { format: 0x33, address: 0x602000, length: 0x00ffff } },
    "75 20 00 81",
    { maxBlockBytes: 0x81 },
  ),
  example(
    RequestFileTransfer,
    "38 01 00 05 2F 61 2E 68 78 11 02 C3 50 75 30",
    {
      operation: 1,
      path: "/a.hx",
      dataFormat: 0x11,
      sizes: { uncompressed: 50_000, compressed: 30_000, parameterBytes: 2 },
    },
    "78 01 04 00 00 C3 50 11",
    { operation: 1, maxBlockBytes: 50_000, dataFormat: 0x11 },
  ),
  example(RequestFileTransfer, "38 02 00 01 61", { operation: 2, path: "a" }, "78 02", { operation: 2 }),
  example(
    RequestFileTransfer,
    "38 04 00 01 61 00",
    { operation: 4, path: "a", dataFormat: 0 },
    "78 04 04 00 00 0F FF 00 00 02 01 00 00 80",
    {
      operation: 4,
      maxBlockBytes: 4095,
      dataFormat: 0,
      sizes: { uncompressed: 256, compressed: 128, parameterBytes: 2 },
    },
  ),
  example(
    RequestFileTransfer,
    "38 05 00 02 2F 61",
    { operation: 5, path: "/a" },
    "78 05 04 00 00 0F FF 00 00 04 00 00 12 34",
    { operation: 5, maxBlockBytes: 4095, dataFormat: 0, directoryBytes: 0x1234 },
  ),
  example(
    RequestFileTransfer,
    "38 06 00 01 61 00 01 20 20",
    {
      operation: 6,
      path: "a",
      dataFormat: 0,
      sizes: { uncompressed: 32, compressed: 32, parameterBytes: 1 },
    },
    "78 06 04 00 00 0F FF 00 00 00 00 00 00 00 00 10",
    { operation: 6, maxBlockBytes: 4095, dataFormat: 0, position: 16 },
  ),
  example(TransferData, "36 FF 0A 0B", { counter: 0xff, data: hex("0A 0B") }, "76 FF", {
    counter: 0xff,
    data: none,
  }),
  example(RequestTransferExit, "37", { parameters: none }, "77", { parameters: none }),
  example(TesterPresent, "3E 00", { zero: 0 }, "7E 00", { zero: 0 }),
  example(ControlDtcSetting, "85 02", { setting: 2, optionRecord: none }, "C5 02", { setting: 2 }),
];
