import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { beforeEach, describe, expect, test } from "vitest";
import { VirtualClock } from "../clock/virtual-clock.ts";
import { UdsClient } from "../uds/client.ts";
import { hex, TestLink } from "../uds/test-link.ts";
import { checkMemory } from "./check-memory.ts";
import { readDid } from "./dids.ts";
import type { EcuProfile } from "./profile.ts";
import { engine } from "./profiles/engine.ts";

let clock: VirtualClock;
let link: TestLink;
let client: UdsClient;

beforeEach(() => {
  clock = new VirtualClock();
  link = new TestLink(clock);
  client = new UdsClient({ transport: link.tester, clock });
});

// The check value of CRC-32/ISO-HDLC is that of "123456789".
const image = new TextEncoder().encode("123456789");
const toCheck = {
  signedDescriptor: hex("48 53 44 31"),
  sha256: new Uint8Array(createHash("sha256").update(image).digest()),
  crc32: async () => crc32(image),
};

async function check(profile: EcuProfile, answer = "71 01 02 02 00"): Promise<unknown> {
  link.ecu.subscribe({ message: () => void link.ecu.send(hex(answer)) });
  return await clock.run(checkMemory(client, profile, toCheck));
}

describe("V4 checkMemory by the profile", () => {
  test.each([
    [undefined, "31 01 02 02 48 53 44 31"],
    ["signedDescriptor", "31 01 02 02 48 53 44 31"],
    ["crc32", "31 01 02 02 CB F4 39 26"],
    [
      "sha256",
      // printf 123456789 | sha256sum
      "31 01 02 02 15 E2 B0 D3 C3 38 91 EB B0 F1 EF 60 9E C4 19 42 0C 20 E3 20 CE 94 C6 5F BC 8C 33 12 44 8E B2 25",
    ],
    ["nothing", "31 01 02 02"],
  ] as const)("V4 the kind %s sends its record", async (checkMemoryKind, request) => {
    await expect(check({ ...engine, checkMemoryKind })).resolves.toBe("ok");
    expect(link.tester.sent[0]?.text).toBe(request);
  });

  test("V4 what the ECU found comes back as its word", async () => {
    await expect(check(engine, "71 01 02 02 06")).resolves.toBe("digestMismatch");
  });

  test("V4 a positive answer without status is ok only where the profile says so", async () => {
    await expect(check({ ...engine, routineStatus: false }, "71 01 02 02")).resolves.toBe("ok");
    await expect(check(engine, "71 01 02 02")).rejects.toMatchObject({ name: "UdsProtocolError" });
  });

  test("V4 what the ECU does not have is refused before anything is sent", async () => {
    const routines = { ...engine.routines, checkMemory: undefined };
    await expect(check({ ...engine, routines })).rejects.toMatchObject({
      name: "ProfileError",
      code: "absent",
      field: "routines.checkMemory",
    });
    const dids = { ...engine.dids, resumeOffset: undefined };
    await expect(readDid(client, { ...engine, dids }, "resumeOffset")).rejects.toThrow(
      "ECU profile, dids.resumeOffset: Engine control has none",
    );
    expect(link.tester.sent).toEqual([]);
  });
});
