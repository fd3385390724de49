import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { UdsFormatError } from "../error.ts";
import { decodeRequest, encodeRequest, type Service } from "../service.ts";
import { hex, text } from "../test-link.ts";
import { Authentication } from "./authentication.ts";
import { ReadDataByIdentifier, WriteDataByIdentifier } from "./data-by-identifier.ts";
import { RequestFileTransfer } from "./file-transfer.ts";
import { ReadDtcInformation } from "./read-dtc.ts";
import { RoutineControl } from "./routine-control.ts";
import { DiagnosticSessionControl } from "./session-control.ts";
import { services } from "./table.ts";
import { examples } from "./test-examples.ts";
import { TesterPresent } from "./tester-present.ts";
import { RequestDownload, RequestTransferExit } from "./transfer.ts";

describe("V3 services on the wire", () => {
  test.each(examples)("V3 %s is written as ISO 14229-1 has it", (_name, { request, response, write }) => {
    expect(write()).toEqual([request, response]);
  });

  test.each(examples)(
    "V3 %s is read as ISO 14229-1 has it",
    (_name, { requestFields, responseFields, read }) => {
      expect(read()).toEqual([requestFields, responseFields]);
    },
  );

  test("V3 every declared service has a literal example", () => {
    expect(new Set(examples.map(([name]) => name))).toEqual(new Set(services.map((service) => service.name)));
  });

  test("V3 the suppress bit is bit 7 of the sub-function and no part of it", () => {
    const message = encodeRequest(TesterPresent, { zero: 0 }, { suppress: true });
    expect(text(message)).toBe("3E 80");
    expect(decodeRequest(TesterPresent, message)).toEqual({ request: { zero: 0 }, suppress: true });
  });

  test("V3 a service without sub-function has nothing to suppress", () => {
    expect(() => encodeRequest(RequestTransferExit, {}, { suppress: true })).toThrow(UdsFormatError);
  });

  test("V3 fields that may be left out are left out on the wire", () => {
    expect(text(encodeRequest(RoutineControl, { controlType: 1, routineId: 0xff01 }))).toBe("31 01 FF 01");
  });

  test("V3 RequestDownload without a format writes four bytes each", () => {
    const memory = { address: 0x1000, length: 0x20 };
    expect(text(encodeRequest(RequestDownload, { dataFormat: 0, memory }))).toBe(
      "34 00 44 00 00 10 00 00 00 00 20",
    );
  });

  test.each([
    ["too short", RequestDownload, "34 00 44 00 00", "too-short"],
    ["too long", DiagnosticSessionControl, "10 01 00", "too-long"],
    ["an address of five bytes", RequestDownload, "34 00 45 00 00 00 00 00 00 00 00 20", "out-of-range"],
    ["an address of no bytes", RequestDownload, "34 00 40 00 00 00 20", "out-of-range"],
    ["no identifier", ReadDataByIdentifier, "22", "too-short"],
    ["half an identifier", ReadDataByIdentifier, "22 F1 95 F1", "too-short"],
    ["a report that is not declared", ReadDtcInformation, "19 7F", "unknown-choice"],
    ["an operation on files that does not exist", RequestFileTransfer, "38 07 00 01 61", "unknown-choice"],
    ["a certificate that is cut off", Authentication, "29 01 00 00 04 C1 C2 C3", "too-short"],
    [
      "a file size beyond 2^53",
      RequestFileTransfer,
      "38 01 00 01 61 00 08 FF FF FF FF FF FF FF FF 00 00 00 00 00 00 00 00",
      "out-of-range",
    ],
    ["a record without data", WriteDataByIdentifier, "2E F1 5A", "too-short"],
  ] as const)("V3 a request with %s is refused with its code", (_what, service, message, code) => {
    const read = (): unknown => decodeRequest<unknown>(service, hex(message));
    expect(read).toThrow(expect.objectContaining({ name: "UdsFormatError", code }));
  });

  test.each([0x100, -1, 1.5, Number.NaN])("V3 %s does not fit a byte", (session) => {
    const write = (): Uint8Array => encodeRequest(DiagnosticSessionControl, { session });
    expect(write).toThrow(expect.objectContaining({ code: "out-of-range" }));
  });

  test.each(services.map((service) => [service.name, service] as const))(
    "V3 whatever %s reads it writes back byte for byte",
    (_name, service: Service<unknown, never, unknown, never>) => {
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 24 }), (body) => {
          const message = Uint8Array.of(service.sid, ...body);
          try {
            const { request, suppress } = decodeRequest(service, message);
            expect(encodeRequest(service, request as never, { suppress })).toEqual(message);
          } catch (error) {
            expect(error).toBeInstanceOf(UdsFormatError);
          }
        }),
      );
    },
  );
});
