import { createPublicKey, generateKeyPairSync, sign, verify } from "node:crypto";
import { beforeEach, describe, expect, test } from "vitest";
import { VirtualClock } from "../clock/virtual-clock.ts";
import { authenticate, authenticateWithCertificate } from "./authenticate.ts";
import type { AuthenticationOptions, ProofInput } from "./authentication.ts";
import { UdsClient } from "./client.ts";
import { UdsProtocolError, UdsRefused } from "./error.ts";
import { handle } from "./handler.ts";
import { Nrc } from "./nrc.ts";
import { UdsServer } from "./server.ts";
import { Authentication } from "./services/authentication.ts";
import { ReadDataByIdentifier } from "./services/data-by-identifier.ts";
import { hex, TestLink } from "./test-link.ts";

const indicator = "06 09 2A 86 48 86 F7 0D 01 01 0B 00 00 00 00 00";
/** Proof of the tests: every byte of the challenge turned round. */
const turned = (bytes: Uint8Array): Uint8Array => bytes.map((byte) => byte ^ 0xff);
const isTurned = (proof: Uint8Array, { challenge }: ProofInput): boolean =>
  Buffer.from(proof).equals(turned(challenge));
const prove = async ({ challenge }: ProofInput): Promise<Uint8Array> => turned(challenge);

const options = (): AuthenticationOptions => ({
  certificates: {
    verify: async (certificate) => {
      if (certificate[0] !== 0xc1) throw new UdsRefused(Authentication, Nrc.certificateInvalidChainOfTrust);
      return { role: "workshop", key: certificate };
    },
    verifyProof: async (_holder, proof, input) => isTurned(proof, input),
    identity: { certificate: hex("CE"), prove },
  },
  algorithms: [
    {
      indicator: hex(indicator),
      symmetric: true,
      verifyProof: async (proof, input) =>
        isTurned(proof, input) ? { role: "development", key: hex("") } : undefined,
      prove,
    },
  ],
  random: () => hex("5E 5F"),
});

let clock: VirtualClock;
let link: TestLink;

beforeEach(() => {
  clock = new VirtualClock();
  link = new TestLink(clock);
});

const start = (authentication: AuthenticationOptions = options()): UdsServer =>
  new UdsServer({
    transport: link.ecu,
    clock,
    authentication,
    handlers: [
      handle(ReadDataByIdentifier, { roles: ["workshop"] }, () => ({ did: 0xf195, data: hex("31") })),
    ],
  });

async function ask(request: string): Promise<string | undefined> {
  void link.tester.send(hex(request));
  await clock.advance(1000);
  return link.ecu.sent.at(-1)?.text;
}

describe("V3 authentication, the ECU's side", () => {
  test("V3 a good certificate and its proof authenticate its role", async () => {
    const server = start();
    expect(await ask("29 01 00 00 01 C1 00 00")).toBe("69 01 11 00 02 5E 5F 00 00");
    expect(server.role).toBeUndefined();
    expect(await ask("29 03 00 02 A1 A0 00 00")).toBe("69 03 12 00 00");
    expect(server.role).toBe("workshop");
  });

  test("V3 a service that asks for a role is refused with 34 until it is authenticated", async () => {
    start();
    expect(await ask("22 F1 95")).toBe("7F 22 34");
    await ask("29 01 00 00 01 C1 00 00");
    await ask("29 03 00 02 A1 A0 00 00");
    expect(await ask("22 F1 95")).toBe("62 F1 95 31");
  });

  test("V3 another role is not enough", async () => {
    const server = start();
    await ask(`29 05 00 ${indicator}`);
    await ask(`29 06 ${indicator} 00 02 A1 A0 00 00 00 00`);
    expect(server.role).toBe("development");
    expect(await ask("22 F1 95")).toBe("7F 22 34");
  });

  test("V3 in the bidirectional form the ECU shows its certificate and proves itself", async () => {
    start();
    expect(await ask("29 02 00 00 01 C1 00 01 AA")).toBe("69 02 11 00 02 5E 5F 00 01 CE 00 01 55 00 00");
  });

  test.each([
    ["a certificate of a stranger is 52", [], "29 01 00 00 01 FF 00 00", "52"],
    ["a proof without certificate is 24", [], "29 03 00 02 A1 A0 00 00", "24"],
    ["a wrong proof is 58", ["29 01 00 00 01 C1 00 00"], "29 03 00 02 00 00 00 00", "58"],
    [
      "a second try at the same challenge is 24",
      ["29 01 00 00 01 C1 00 00", "29 03 00 02 00 00 00 00"],
      "29 03 00 02 A1 A0 00 00",
      "24",
    ],
    ["an algorithm that the ECU does not have is 5C", [], `29 05 00${" 00".repeat(16)}`, "5C"],
    [
      "a proof for a challenge that was not asked for is 24",
      [],
      `29 06 ${indicator} 00 02 A1 A0 00 00 00 00`,
      "24",
    ],
    ["a wrong response is 58", [`29 05 00 ${indicator}`], `29 06 ${indicator} 00 02 00 00 00 00 00 00`, "58"],
    [
      "a proof of ownership for the challenge of an algorithm is 24",
      [`29 05 00 ${indicator}`],
      "29 03 00 02 A1 A0 00 00",
      "24",
    ],
    ["a certificate to keep is 12 where the ECU keeps none", [], "29 04 00 01 00 01 C1", "12"],
    ["a task that does not exist is 12", [], "29 09", "12"],
    ["a certificate that is cut off is 13", [], "29 01 00 00 02 C1", "13"],
  ])("V3 %s", async (_what, before, request, nrc) => {
    const server = start();
    for (const earlier of before) await ask(earlier);
    expect(await ask(request)).toBe(`7F 29 ${nrc}`);
    expect(server.role).toBeUndefined();
  });

  test.each([
    ["29 01 00 00 01 C1 00 00", "certificates"],
    [`29 05 00 ${indicator}`, "algorithms"],
    [`29 07 ${indicator} 00 00 00 00 00 00`, "algorithms"],
  ] as const)("V3 %s is 12 where the ECU has no %s", async (request, missing) => {
    start({ ...options(), [missing]: undefined });
    expect(await ask(request)).toBe("7F 29 12");
  });

  test.each([
    ["certificates", {}, "69 08 02"],
    ["a shared secret", { certificates: undefined }, "69 08 04"],
  ])("V3 task 08 tells that the ECU works with %s", async (_what, change, answer) => {
    start({ ...options(), ...change });
    expect(await ask("29 08")).toBe(answer);
  });

  test.each([
    ["task 00", async () => void (await ask("29 00"))],
    ["a reset", async (server: UdsServer) => server.reset()],
    ["a tester that is silent for longer than S3", () => clock.advance(5000)],
  ])("V3 %s ends it", async (_what, end) => {
    const server = start();
    await ask("29 01 00 00 01 C1 00 00");
    await ask("29 03 00 02 A1 A0 00 00");
    expect(server.role).toBe("workshop");
    await end(server);
    expect(server.role).toBeUndefined();
  });

  test("V3 a change of session does not end it", async () => {
    const server = start();
    await ask("29 01 00 00 01 C1 00 00");
    await ask("29 03 00 02 A1 A0 00 00");
    await ask("10 03");
    expect(server.role).toBe("workshop");
  });
});

describe("V3 authentication, the tester's side", () => {
  const client = (): UdsClient => new UdsClient({ transport: link.tester, clock });

  test("V3 a tester authenticates with certificate and signature", async () => {
    const { publicKey, privateKey } = generateKeyPairSync("ed25519");
    const certificate = new Uint8Array(publicKey.export({ type: "spki", format: "der" }));
    const server = start({
      ...options(),
      certificates: {
        verify: async (shown) => ({ role: "workshop", key: shown }),
        verifyProof: async ({ key }, proof, { challenge }) =>
          verify(
            null,
            challenge,
            createPublicKey({ key: Buffer.from(key), type: "spki", format: "der" }),
            proof,
          ),
      },
    });
    const done = authenticateWithCertificate(client(), {
      certificate,
      prove: async ({ challenge }) => new Uint8Array(sign(null, challenge, privateKey)),
    });
    await expect(clock.run(done)).resolves.toEqual(hex(""));
    expect(server.role).toBe("workshop");
  });

  test("V3 an ECU that does not prove itself gets no proof from the tester", async () => {
    const server = start();
    const ecu = { challenge: hex("AA"), verify: async () => false };
    const done = authenticateWithCertificate(client(), { certificate: hex("C1"), prove, ecu });
    await expect(clock.run(done)).rejects.toBeInstanceOf(UdsProtocolError);
    expect(server.role).toBeUndefined();
    expect(link.tester.sent).toHaveLength(1);
  });

  test("V3 both sides prove themselves with certificates", async () => {
    const server = start();
    const verifyEcu = async (certificate: Uint8Array, proof: Uint8Array): Promise<boolean> =>
      certificate[0] === 0xce && proof[0] === 0x55;
    const ecu = { challenge: hex("AA"), verify: verifyEcu };
    await clock.run(authenticateWithCertificate(client(), { certificate: hex("C1"), prove, ecu }));
    expect(server.role).toBe("workshop");
  });

  test("V3 both sides prove themselves by challenge and response", async () => {
    const server = start();
    const ecu = { challenge: hex("AA"), verify: async (proof: Uint8Array) => proof[0] === 0x55 };
    await clock.run(authenticate(client(), { algorithm: hex(indicator), prove, ecu }));
    expect(server.role).toBe("development");
  });

  test("V3 a wrong response is refused with its code", async () => {
    start();
    const done = authenticate(client(), { algorithm: hex(indicator), prove: async () => hex("00") });
    await expect(clock.run(done)).rejects.toMatchObject({ name: "UdsRefused", nrc: 0x58 });
  });

  test("V3 an ECU that takes the proof without confirming it is not believed", async () => {
    const answers = [`69 05 00 ${indicator} 00 01 5E 00 00`, `69 06 01 ${indicator} 00 00`];
    link.ecu.subscribe({ message: () => void link.ecu.send(hex(answers.shift()!)) });
    const done = authenticate(client(), { algorithm: hex(indicator), prove });
    await expect(clock.run(done)).rejects.toBeInstanceOf(UdsProtocolError);
  });
});
