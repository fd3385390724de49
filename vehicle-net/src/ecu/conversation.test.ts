import { beforeEach, describe, expect, test } from "vitest";
import { VirtualClock } from "../clock/virtual-clock.ts";
import { UdsClient } from "../uds/client.ts";
import { UdsRefused } from "../uds/error.ts";
import { handle, type Handler } from "../uds/handler.ts";
import { Nrc } from "../uds/nrc.ts";
import { UdsServer } from "../uds/server.ts";
import { CommunicationControl } from "../uds/services/communication-control.ts";
import { ReadDataByIdentifier, WriteDataByIdentifier } from "../uds/services/data-by-identifier.ts";
import { ControlDtcSetting } from "../uds/services/dtc-setting.ts";
import { RoutineControl } from "../uds/services/routine-control.ts";
import { SecurityAccess } from "../uds/services/security-access.ts";
import { DiagnosticSessionControl, Session } from "../uds/services/session-control.ts";
import { RequestDownload, RequestTransferExit, TransferData } from "../uds/services/transfer.ts";
import { hex, TestLink } from "../uds/test-link.ts";
import { didNamed, encodeDid, readDid, writeDid } from "./dids.ts";
import { engine } from "./profiles/engine.ts";
import { decodeRoutineOptions, encodeRoutineResult, routineNamed, startRoutine } from "./routines.ts";
import { keyFor, securityLevel } from "./seed-key.ts";
import { clientTiming, serverTiming } from "./timing.ts";

const programming = { sessions: [Session.programming], security: engine.security.level };

/** An ECU of the engine's profile that remembers what it is told; its flash takes as long as the profile says. */
function ecuHandlers(received: number[]): Handler[] {
  return [
    handle(ReadDataByIdentifier, {}, ({ dids: [did] }) => {
      if (didNamed(engine, did!) !== "softwareVersion") {
        throw new UdsRefused(ReadDataByIdentifier, Nrc.requestOutOfRange);
      }
      return { did: did!, data: encodeDid("softwareVersion", "1.0.0") };
    }),
    handle(WriteDataByIdentifier, programming, ({ did }) => ({ did })),
    handle(ControlDtcSetting, { sessions: [Session.extended] }, ({ setting }) => ({ setting })),
    handle(CommunicationControl, { sessions: [Session.extended] }, ({ controlType }) => ({ controlType })),
    handle(RoutineControl, {}, async ({ controlType, routineId, optionRecord }, context) => {
      const name = routineNamed(engine, routineId);
      if (name === undefined) throw new UdsRefused(RoutineControl, Nrc.requestOutOfRange);
      if (name === "eraseMemory") {
        const { length } = decodeRoutineOptions("eraseMemory", optionRecord);
        await context.clock.sleep((length / engine.flash.sectorBytes) * engine.flash.eraseMsPerSector);
      }
      const result = name === "checkMemory" && received.length === 0 ? "digestMismatch" : "ok";
      return { controlType, routineId, statusRecord: encodeRoutineResult(result) };
    }),
    handle(RequestDownload, programming, () => ({ maxBlockBytes: engine.transfer.maxBlockBytes })),
    handle(TransferData, programming, ({ counter, data }) => {
      received.push(...data);
      return { counter };
    }),
    handle(RequestTransferExit, programming, () => ({})),
  ];
}

let clock: VirtualClock;
let link: TestLink;
let client: UdsClient;
let received: number[];

beforeEach(() => {
  clock = new VirtualClock();
  link = new TestLink(clock);
  received = [];
  let wrongKeys = 0;
  const server = new UdsServer({
    transport: link.ecu,
    clock,
    timing: serverTiming(engine),
    handlers: ecuHandlers(received),
    security: {
      levels: [securityLevel(engine)],
      store: { load: async () => wrongKeys, save: async (count) => void (wrongKeys = count) },
      random: () => hex("01 02 03 04 05 06 07 08"),
    },
  });
  client = new UdsClient({ transport: link.tester, clock, timing: clientTiming(engine) });
  return () => {
    server.close();
    client.close();
  };
});

async function unlock(): Promise<void> {
  const { level } = engine.security;
  const { data: seed } = await client.request(SecurityAccess, { level });
  await client.request(SecurityAccess, { level: level + 1, data: keyFor(engine, seed) });
}

async function program(): Promise<void> {
  await client.request(DiagnosticSessionControl, { session: Session.extended });
  await startRoutine(client, engine, "checkPreconditions", {});
  await client.request(ControlDtcSetting, { setting: 2 });
  await client.request(CommunicationControl, { controlType: 1, communicationType: 1 });
  await client.request(DiagnosticSessionControl, { session: Session.programming });
  await unlock();
  await writeDid(client, engine, "fingerprint", { date: "2026-11-21", tester: "GW1" });
  const memory = { address: 0, length: 0x4_0000 };
  await startRoutine(client, engine, "eraseMemory", memory);
  await client.request(RequestDownload, { dataFormat: engine.transfer.dataFormats.raw, memory });
  await client.request(TransferData, { counter: 1, data: hex("DE AD") });
  await client.request(RequestTransferExit, {});
}

describe("V3 client and server", () => {
  test("V3 a whole programming sequence, byte by byte", async () => {
    await clock.run(program());
    const result = await clock.run(
      startRoutine(client, engine, "checkMemory", { signedDescriptor: hex("48 53 44 31") }),
    );
    expect(result).toBe("ok");
    await clock.run(startRoutine(client, engine, "checkDependencies", {}));
    expect(link.tester.sent.map((sent) => sent.text)).toEqual([
      "10 03",
      "31 01 02 03",
      "85 02",
      "28 01 01",
      "10 02",
      "27 01",
      "27 02 C0 27 86 E3 79 EA 88 A9",
      "2E F1 5A 26 11 21 47 57 31",
      "31 01 FF 00 44 00 00 00 00 00 04 00 00",
      "34 00 44 00 00 00 00 00 04 00 00",
      "36 01 DE AD",
      "37",
      "31 01 02 02 48 53 44 31",
      "31 01 FF 01",
    ]);
    expect(link.ecu.sent.map((sent) => sent.text)).toEqual([
      "50 03 00 32 01 F4",
      "71 01 02 03 00",
      "C5 02",
      "68 01",
      "50 02 00 32 01 F4",
      "67 01 01 02 03 04 05 06 07 08",
      "67 02",
      "6E F1 5A",
      "7F 31 78", // 64 sectors take 192 ms
      "71 01 FF 00 00",
      "74 20 0F FF",
      "76 01",
      "77",
      "71 01 02 02 00",
      "71 01 FF 01 00",
    ]);
    expect(received).toEqual([0xde, 0xad]);
  });

  test("V3 nothing is written before the ECU is unlocked", async () => {
    await clock.run(client.request(DiagnosticSessionControl, { session: Session.extended }));
    await clock.run(client.request(DiagnosticSessionControl, { session: Session.programming }));
    const memory = { address: 0, length: 4096 };
    const answer = client.request(RequestDownload, { dataFormat: 0, memory });
    await expect(clock.run(answer)).rejects.toMatchObject({ nrc: Nrc.securityAccessDenied });
  });

  test("V4 a routine that found something wrong says what", async () => {
    const answer = startRoutine(client, engine, "checkMemory", { signedDescriptor: hex("00") });
    await expect(clock.run(answer)).resolves.toBe("digestMismatch");
  });

  test("V4 a value is read by its name", async () => {
    await expect(clock.run(readDid(client, engine, "softwareVersion"))).resolves.toBe("1.0.0");
  });

  test("V4 a value that the ECU does not have is refused", async () => {
    const answer = readDid(client, engine, "releaseCounter");
    await expect(clock.run(answer)).rejects.toMatchObject({ nrc: Nrc.requestOutOfRange });
  });

  test("V3 the session is held for as long as the tester needs, and no longer", async () => {
    await clock.run(client.request(DiagnosticSessionControl, { session: Session.extended }));
    await clock.advance(60_000);
    await expect(clock.run(client.request(ControlDtcSetting, { setting: 2 }))).resolves.toBeTruthy();
    client.close();
    await clock.advance(6000);
    const other = new UdsClient({ transport: link.tester, clock });
    const answer = other.request(ControlDtcSetting, { setting: 2 });
    await expect(clock.run(answer)).rejects.toMatchObject({ nrc: Nrc.serviceNotSupportedInActiveSession });
  });
});
