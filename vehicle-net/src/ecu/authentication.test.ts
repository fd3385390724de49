import { beforeEach, describe, expect, test } from "vitest";
import { VirtualClock } from "../clock/virtual-clock.ts";
import { UdsClient } from "../uds/client.ts";
import { hex, TestLink } from "../uds/test-link.ts";
import { authenticateTester } from "./authentication.ts";
import type { EcuProfile } from "./profile.ts";
import { engine } from "./profiles/engine.ts";

const indicator = "06 09 2A 86 48 86 F7 0D 01 01 0B 00 00 00 00 00";
const algorithm = indicator.replaceAll(" ", "").toLowerCase();

let clock: VirtualClock;
let link: TestLink;

beforeEach(() => {
  clock = new VirtualClock();
  link = new TestLink(clock);
});

const run = (profile: EcuProfile, certificate?: Uint8Array): Promise<void> => {
  const client = new UdsClient({ transport: link.tester, clock });
  const credentials = { certificate, prove: async () => hex("90") };
  return clock.run(authenticateTester(client, profile, credentials));
};

describe("V4 authentication by the profile", () => {
  test("V4 a profile with certificates takes tasks 01 and 03", async () => {
    link.script({
      "29 01 00 00 01 C1 00 00": [[1, "69 01 11 00 01 5E 00 00"]],
      "29 03 00 01 90 00 00": [[1, "69 03 12 00 00"]],
    });
    await expect(
      run({ ...engine, authentication: { mode: "certificate" } }, hex("C1")),
    ).resolves.toBeUndefined();
  });

  test("V4 a profile with challenge and response takes tasks 05 and 06", async () => {
    link.script({
      [`29 05 00 ${indicator}`]: [[1, `69 05 00 ${indicator} 00 01 5E 00 00`]],
      [`29 06 ${indicator} 00 01 90 00 00 00 00`]: [[1, `69 06 12 ${indicator} 00 00`]],
    });
    await expect(
      run({ ...engine, authentication: { mode: "challenge", algorithm } }),
    ).resolves.toBeUndefined();
  });

  test.each([
    ["a profile without authentication", engine, "Engine control has none"],
    [
      "credentials without certificate",
      { ...engine, authentication: { mode: "certificate" } } satisfies EcuProfile,
      "Engine control wants a certificate, and none was given",
    ],
  ])("V4 %s is refused before anything is sent", async (_what, profile, sentence) => {
    await expect(run(profile)).rejects.toThrow(sentence);
    expect(link.tester.sent).toEqual([]);
  });
});
