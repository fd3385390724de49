import { Nrc, RequestTransferExit, Session, UdsTimeout } from "@halfshaft/vehicle-net/uds";
import { expect, test } from "vitest";
import { newImage, oldImage, provisioned, testProfile, testRig } from "./testing.ts";
import { deltaRamBytes } from "./delta-download.ts";
import { createEcu } from "./ecu.ts";
import { memoryStorage } from "./storage.ts";

test("S2 an image that was installed, tried out and committed runs from the other bank", async () => {
  const { run, ecu, tester } = testRig();
  await run(ecu.answering());
  expect(await run(tester.read("softwareVersion"))).toBe("1.0.0");
  expect(await run(tester.install(newImage))).toBe("ok");
  await run(tester.tryOut(ecu));
  expect(await run(tester.read("trialState"))).toBe("trial");
  expect(await run(tester.read("softwareVersion"))).toBe("2.0.0");
  expect(await run(tester.commit())).toBe("ok");
  expect(await run(tester.read("trialState"))).toBe("none");
  expect(await run(tester.read("activeBank"))).toBe("B");
  const state = ecu.state();
  expect(state).toMatchObject({ activeBank: "B", version: "2.0.0", bootState: "none" });
  expect(state.imageSha256Of("B")).toBe(newImage.sha256);
  expect(state.imageSha256Of("A")).toBe(oldImage.sha256);
});

test("S2 the next update goes into the bank that the last one left", async () => {
  const { run, ecu, tester } = testRig();
  await run(ecu.answering());
  for (const image of [newImage, oldImage]) {
    expect(await run(tester.install(image))).toBe("ok");
    await run(tester.tryOut(ecu));
    expect(await run(tester.commit())).toBe("ok");
  }
  expect(ecu.state()).toMatchObject({ activeBank: "A", version: "1.0.0" });
});

test("S2 the ECU is off the bus until its boot time has passed", async () => {
  const { clock, run, ecu, tester } = testRig();
  await clock.advance(testProfile.boot.startMs - 1);
  expect(ecu.mode).toBe("starting");
  await clock.advance(1);
  expect(ecu.mode).toBe("answering");
  expect(await run(tester.read("serialNumber"))).toBe("ENG-000001");
});

test("S2 without power the ECU answers nothing, and after power-on it is in the default session", async () => {
  const { run, ecu, tester } = testRig();
  await run(ecu.answering());
  await run(tester.session(Session.extended));
  ecu.powerOff();
  await expect(run(tester.read("serialNumber"))).rejects.toThrow(UdsTimeout);
  ecu.powerOn();
  await run(ecu.answering());
  await expect(run(tester.start("commit", {}))).rejects.toMatchObject({
    nrc: Nrc.serviceNotSupportedInActiveSession,
  });
});

test("S2 a damaged committed image is not started: the bootloader answers and takes a new one", async () => {
  const storage = provisioned();
  storage.writeBank("A", 100, Uint8Array.of(storage.readBank("A", 100, 1)[0]! ^ 1));
  const { run, ecu, tester } = testRig({ storage });
  await run(ecu.answering());
  await expect(run(tester.read("softwareVersion"))).rejects.toMatchObject({ nrc: Nrc.conditionsNotCorrect });
  expect(await run(tester.install(newImage))).toBe("ok");
  await run(tester.tryOut(ecu));
  expect(await run(tester.commit())).toBe("ok");
  expect(await run(tester.read("softwareVersion"))).toBe("2.0.0");
});

test("S2 the security delay survives a power cycle", async () => {
  const { clock, run, ecu, tester } = testRig();
  await run(ecu.answering());
  await run(tester.session(Session.extended));
  for (const nrc of [Nrc.invalidKey, Nrc.invalidKey, Nrc.exceedNumberOfAttempts]) {
    await run(tester.client.send(Uint8Array.of(0x27, 0x01)));
    const wrongKey = Uint8Array.from([0x27, 0x02, ...new Uint8Array(8)]);
    await expect(run(tester.client.send(wrongKey))).rejects.toMatchObject({ nrc });
  }
  ecu.powerOff();
  ecu.powerOn();
  await run(ecu.answering());
  const delayed = { nrc: Nrc.requiredTimeDelayNotExpired };
  await expect(run(tester.enterExtended())).rejects.toMatchObject(delayed);
  await clock.advance(testProfile.security.delayMs);
  await run(tester.enterExtended());
});

test("S3 a message longer than the block buffer is refused before memory is taken for it", async () => {
  const { run, ecu, tester } = testRig();
  await run(ecu.answering());
  const tooLong = Uint8Array.from([0x36, 0x01, ...new Uint8Array(testProfile.transfer.maxBlockBytes - 1)]);
  await expect(run(tester.client.send(tooLong))).rejects.toMatchObject({
    cause: { fault: "N_BUFFER_OVFLW" },
  });
});

test("S3 programming holds one block and one page, or one block and the decoder of patches", () => {
  const transfer = { ...testProfile.transfer, dataFormats: { raw: 0 } };
  expect(testRig({ profile: { ...testProfile, transfer } }).ecu.ramBytes).toBe(402 + 64);
  expect(testRig().ecu.ramBytes).toBe(deltaRamBytes(testProfile));
});

test("S2 a session that timed out cuts off the download", async () => {
  const { clock, run, ecu, tester } = testRig();
  await run(ecu.answering());
  await run(tester.enterProgramming());
  await run(tester.erase());
  const request = Uint8Array.of(0x34, 0x00, 0x44, 0, 0, 0x10, 0, 0, 0, 0, 0x40);
  await run(tester.client.send(request));
  await run(tester.session(Session.default));
  await clock.advance(testProfile.timing.s3ServerMs);
  await run(tester.enterProgramming());
  await expect(run(tester.client.request(RequestTransferExit, {}))).rejects.toMatchObject({
    nrc: Nrc.requestSequenceError,
  });
});

test("S2 storage without an ECU, or with one of another profile, is refused with a sentence", () => {
  const { bus, clock } = testRig();
  const node = bus.attach("other");
  const options = { profile: testProfile, bus: node, clock, storage: memoryStorage() };
  expect(() => createEcu(options)).toThrow(/never provisioned/);
  const other = { ...testProfile, name: "body" };
  expect(() => createEcu({ ...options, profile: other, storage: provisioned() })).toThrow(
    /of profile "engine", not "body"/,
  );
});
