import { beforeEach, describe, expect, test } from "vitest";
import { VirtualClock } from "../clock/virtual-clock.ts";
import { Security, type SecurityOptions, type SecurityOutcome } from "./security.ts";
import { hex, text } from "./test-link.ts";

const algorithm = { seedBytes: 2, key: (seed: Uint8Array) => seed.map((byte) => byte ^ 0xff) };

let clock: VirtualClock;
let wrongKeys: number;
let seed: string;

beforeEach(() => {
  clock = new VirtualClock();
  wrongKeys = 0;
  seed = "36 57";
});

const options = (): SecurityOptions => ({
  levels: [
    { level: 1, algorithm, secret: hex("") },
    { level: 3, algorithm, secret: hex("") },
  ],
  attemptLimit: 3,
  delayMs: 10_000,
  store: { load: async () => wrongKeys, save: async (count) => void (wrongKeys = count) },
  random: () => hex(seed),
});
const powerUp = (): Security => new Security(options(), () => clock.now());

const outcome = (result: SecurityOutcome): string =>
  "nrc" in result ? `NRC ${result.nrc.toString(16)}` : text(result.data);
const access = async (security: Security, level: number, data = ""): Promise<string> =>
  outcome(await security.access(level, hex(data)));

/** Asks for a seed and answers it wrongly. */
async function wrongKey(security: Security): Promise<string> {
  await access(security, 1);
  return await access(security, 2, "00 00");
}

describe("V3 security access", () => {
  test("V3 the right key unlocks its level", async () => {
    const security = powerUp();
    expect(await access(security, 1)).toBe("36 57");
    expect(await access(security, 2, "C9 A8")).toBe("");
    expect(security.unlocked).toBe(1);
  });

  test("V3 a level that is already unlocked gives a seed of zeros", async () => {
    const security = powerUp();
    await access(security, 1);
    await access(security, 2, "C9 A8");
    expect(await access(security, 1)).toBe("00 00");
  });

  test("V3 a random seed of zeros is not given, for it would mean unlocked", async () => {
    seed = "00 00";
    expect(await access(powerUp(), 1)).toBe("01 00");
  });

  test.each([
    ["a key without seed is 24", [], 2, "C9 A8", "NRC 24"],
    ["a key for the seed of another level is 24", [1], 4, "C9 A8", "NRC 24"],
    ["a wrong key is 35", [1], 2, "00 00", "NRC 35"],
    ["a key of the wrong length is 13", [1], 2, "C9", "NRC 13"],
    ["a level that does not exist is 12", [], 5, "", "NRC 12"],
  ] as const)("V3 %s", async (_what, before, level, data, expected) => {
    const security = powerUp();
    for (const seedLevel of before) await access(security, seedLevel);
    expect(await access(security, level, data)).toBe(expected);
    expect(security.unlocked).toBeUndefined();
  });

  test("V3 a seed serves for one key only", async () => {
    const security = powerUp();
    await wrongKey(security);
    expect(await access(security, 2, "C9 A8")).toBe("NRC 24");
  });

  test("V3 locking forgets the level and the seed", async () => {
    const security = powerUp();
    await access(security, 1);
    security.lock();
    expect(await access(security, 2, "C9 A8")).toBe("NRC 24");
  });

  test("V3 the third wrong key is 36, and then no seed is given (37) until the delay is over", async () => {
    const security = powerUp();
    expect([await wrongKey(security), await wrongKey(security), await wrongKey(security)]).toEqual([
      "NRC 35",
      "NRC 35",
      "NRC 36",
    ]);
    await clock.advance(9_999);
    expect(await access(security, 1)).toBe("NRC 37");
    await clock.advance(1);
    expect(await access(security, 1)).toBe("36 57");
  });

  test("V3 after the delay there is one attempt, not three", async () => {
    const security = powerUp();
    for (let i = 0; i < 3; i++) await wrongKey(security);
    await clock.advance(10_000);
    expect(await wrongKey(security)).toBe("NRC 36");
    expect(await access(security, 1)).toBe("NRC 37");
  });

  test("V3 a power cycle does not shorten the delay", async () => {
    const security = powerUp();
    for (let i = 0; i < 3; i++) await wrongKey(security);
    await clock.advance(9_000);
    const again = powerUp();
    expect(await access(again, 1)).toBe("NRC 37");
    await clock.advance(9_999);
    expect(await access(again, 1)).toBe("NRC 37");
    await clock.advance(1);
    expect(await access(again, 1)).toBe("36 57");
  });

  test("V3 a power cycle between two wrong keys does not give new attempts", async () => {
    await wrongKey(powerUp());
    await wrongKey(powerUp());
    expect(await wrongKey(powerUp())).toBe("NRC 36");
  });

  test("V3 the wrong key is counted before it is answered", async () => {
    const order: string[] = [];
    const store = {
      load: async () => 0,
      save: async () => {
        await Promise.resolve();
        order.push("saved");
      },
    };
    const security = new Security({ ...options(), store }, () => 0);
    await wrongKey(security);
    order.push("answered");
    expect(order).toEqual(["saved", "answered"]);
  });

  test("V3 the right key clears the count", async () => {
    const security = powerUp();
    await wrongKey(security);
    await access(security, 1);
    await access(security, 2, "C9 A8");
    expect(wrongKeys).toBe(0);
  });
});
