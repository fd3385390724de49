import { CanError } from "@halfshaft/vehicle-net/can";
import { profileNamed } from "@halfshaft/vehicle-net/ecu";
import { IsoTpError } from "@halfshaft/vehicle-net/isotp";
import {
  Nrc,
  ReadDataByIdentifier as Read,
  UdsFormatError,
  UdsRefused,
  UdsTimeout,
  UdsTransportError,
} from "@halfshaft/vehicle-net/uds";
import { expect, test } from "vitest";
import { InstallerError } from "../installer/installer-error.ts";
import { explainError, explainInstallerError } from "./explain-error.ts";

const target = { name: "Engine control", busUrl: "socketcan:can0" };
const isoTp = new IsoTpError("N_TIMEOUT_Bs", "no flow control");
const can = new CanError("bus-off", "The controller is bus-off.", { help: "Find it." });
const denied = new InstallerError("security-denied", "no", { operation: "unlock", nrc: "invalidKey (35)" });
const absent = (() => {
  try {
    return profileNamed("nope");
  } catch (error) {
    return error;
  }
})();

test.each([
  ["a refusal", new UdsRefused(Read, Nrc.requestOutOfRange), "ECU_REFUSED", /session/],
  ["silence", new UdsTimeout(Read, "P2", 300), "ECU_NO_ANSWER", /agent scan --bus socketcan:can0/],
  ["a lost request", new UdsTransportError(Read, "request", isoTp), "ECU_NO_ANSWER", /receiver is powered/],
  ["a malformed answer", new UdsFormatError("too-short", "short"), "ECU_ANSWER_MALFORMED", /monitor/],
  ["a profile that is not there", absent, "PROFILE_INVALID", /engine, adas, body/],
  ["a lock that stays shut", denied, "FLASH_SECURITY_DENIED", /security algorithm and key/],
  ["the bus below all of it", new UdsTransportError(Read, "request", can), "bus-off", /Find it/],
])("E12 %s is told with code and what to do", (_, error, code, help) => {
  expect(explainError(error, target)).toMatchObject({ code, help: expect.stringMatching(help) });
});

test("E12 an error that nobody foresaw stays what it is", () => {
  const error = new TypeError("a fault of the program");
  expect(explainError(error, target)).toBe(error);
});

test("E12 a bus that fails while flashing has the code of a flash", () => {
  expect(explainInstallerError(can, target, "flash")).toMatchObject({ code: "FLASH_BUS_UNAVAILABLE" });
});
