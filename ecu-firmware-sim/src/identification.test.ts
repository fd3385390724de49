import { Nrc, Session } from "@halfshaft/vehicle-net/uds";
import { writeDid } from "@halfshaft/vehicle-net/ecu";
import { expect, test } from "vitest";
import { newImage, oldImage, testProfile, testRig } from "./testing.ts";
import { toHex } from "./installed-image.ts";

async function answering() {
  const rig = testRig();
  await rig.run(rig.ecu.answering());
  return rig;
}

test("V3 several identifiers are read with one request", async () => {
  const { run, tester } = await answering();
  const answer = await run(tester.client.send(Uint8Array.of(0x22, 0xf1, 0x95, 0xfd, 0x00)));
  // 62, F195 "1.0.0", FD00 bank A
  expect(toHex(answer)).toBe("62f195312e302e30fd0000");
});

test("V3 an identifier that the ECU does not have is refused with NRC 31", async () => {
  const { run, tester } = await answering();
  await expect(run(tester.client.send(Uint8Array.of(0x22, 0xf1, 0x01)))).rejects.toMatchObject({
    nrc: Nrc.requestOutOfRange,
  });
});

test("S2 the ECU tells its identity and the software that runs", async () => {
  const { run, tester } = await answering();
  expect(await run(tester.read("hardwareId"))).toBe(testProfile.hardwareId);
  expect(await run(tester.read("applicationSoftwareId"))).toBe("engine-1.0.0");
  expect(toHex(await run(tester.read("imageDigest")))).toBe(oldImage.sha256);
});

test("S2 the digest of the inactive image is zeros until one was checked, and from the next erasure on", async () => {
  const { run, tester } = await answering();
  expect(toHex(await run(tester.read("inactiveImageDigest")))).toBe("00".repeat(32));
  await run(tester.install(newImage));
  expect(toHex(await run(tester.read("inactiveImageDigest")))).toBe(newImage.sha256);
  await run(tester.erase({ address: 0x1f00, length: 1 }));
  expect(toHex(await run(tester.read("inactiveImageDigest")))).toBe("00".repeat(32));
});

test("V3 the fingerprint is kept, and there is none before the first programming", async () => {
  const { run, tester } = await answering();
  await expect(run(tester.read("fingerprint"))).rejects.toMatchObject({ nrc: Nrc.conditionsNotCorrect });
  await run(tester.install(newImage));
  expect(await run(tester.read("fingerprint"))).toEqual({ date: "2026-11-21", tester: "bench" });
});

test("V3 nothing but the fingerprint can be written, and only by a tester with the key", async () => {
  const { run, tester } = await answering();
  const fingerprint = { date: "2026-11-21", tester: "bench" };
  await run(tester.session(Session.extended));
  await run(tester.session(Session.programming));
  await expect(run(writeDid(tester.client, testProfile, "fingerprint", fingerprint))).rejects.toMatchObject({
    nrc: Nrc.securityAccessDenied,
  });
  await run(tester.unlock());
  await expect(run(writeDid(tester.client, testProfile, "serialNumber", "X"))).rejects.toMatchObject({
    nrc: Nrc.requestOutOfRange,
  });
});
