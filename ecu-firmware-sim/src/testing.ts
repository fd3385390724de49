import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { VirtualBus } from "@halfshaft/vehicle-net/can";
import { VirtualClock } from "@halfshaft/vehicle-net/clock";
import {
  clientTiming,
  functionalChannel,
  gatewayChannel,
  keyFor,
  profileNamed,
  readDid,
  startRoutine,
  writeDid,
  type Bank,
  type DidName,
  type DidValue,
  type EcuProfile,
  type RoutineInput,
  type RoutineName,
  type RoutineResult,
} from "@halfshaft/vehicle-net/ecu";
import { openFunctionalChannel, openIsoTpChannel } from "@halfshaft/vehicle-net/isotp";
import {
  DiagnosticSessionControl,
  EcuReset,
  RequestDownload,
  RequestTransferExit,
  ResetType,
  SecurityAccess,
  Session,
  TransferData,
  UdsClient,
} from "@halfshaft/vehicle-net/uds";
import { encodeDescriptor, joinSignedDescriptor } from "@halfshaft/ota-format/trust";
import { banks } from "./bank.ts";
import { createEcu, type EcuHandle, type EcuOptions } from "./ecu.ts";
import { toHex } from "./installed-image.ts";
import { provisionEcu } from "./provision.ts";
import { memoryStorage, type EcuStorage } from "./storage.ts";

/** A small, quick ECU: two banks of 4 KB in sectors of 256 bytes and pages of 64, blocks of 400 bytes, CAN FD. */
export const testProfile: EcuProfile = {
  ...profileNamed("engine"),
  addressing: { ...profileNamed("engine").addressing, fdTxDl: 64 },
  flash: { sectorBytes: 256, pageBytes: 64, eraseMsPerSector: 1, programMsPerPage: 0.1 },
  memory: [
    { name: "application", address: 0x1000, length: 0x1000, flashed: true },
    { name: "uicr", address: 0x1000_1000, length: 0x400, flashed: false },
  ],
  transfer: { maxBlockBytes: 402, dataFormats: { raw: 0, detools: 0x10 } },
  boot: { startMs: 20, trialMs: 5000 },
};

const keys = generateKeyPairSync("ed25519");
const jwk = keys.publicKey.export({ format: "jwk" });
export const publicKey = new Uint8Array(Buffer.from(jwk.x ?? "", "base64url"));

export interface TestImage {
  readonly version: string;
  readonly segments: readonly { readonly address: number; readonly bytes: Uint8Array }[];
  /** The image file. */
  readonly bytes: Uint8Array;
  readonly sha256: string;
  readonly signedDescriptor: Uint8Array;
}

const sha256 = (bytes: Uint8Array): Uint8Array => new Uint8Array(createHash("sha256").update(bytes).digest());

/** Bytes that look like nothing else: each depends on its place and on `seed`. */
export const filler = (length: number, seed: number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (i * 7 + (i >>> 8) * 13 + seed * 31) & 0xff);

/** An image with its signed descriptor; by default one segment of 900 bytes at the start of the bank. */
export function testImage(
  version: string,
  options: {
    readonly segments?: TestImage["segments"];
    readonly hardwareId?: string;
    readonly releaseCounter?: number;
    readonly privateKey?: typeof keys.privateKey;
  } = {},
): TestImage {
  const seed = Buffer.from(version).reduce((sum, byte) => sum + byte, 0);
  const { segments = [{ address: 0x1000, bytes: filler(900, seed) }] } = options;
  const bytes = Uint8Array.from(segments.flatMap((segment) => [...segment.bytes]));
  const digest = sha256(bytes);
  const descriptor = encodeDescriptor({
    hardwareId: options.hardwareId ?? testProfile.hardwareId,
    version,
    releaseCounter: options.releaseCounter ?? 1,
    length: bytes.length,
    sha256: digest,
    segments: segments.map((s) => ({ address: s.address, length: s.bytes.length, sha256: sha256(s.bytes) })),
  });
  const signature = new Uint8Array(sign(null, descriptor, options.privateKey ?? keys.privateKey));
  const signedDescriptor = joinSignedDescriptor(descriptor, signature);
  return { version, segments, bytes, sha256: toHex(digest), signedDescriptor };
}

export const oldImage = testImage("1.0.0");
export const newImage = testImage("2.0.0");

/** A tester's side of the bus: words for the steps of an update. */
export class Tester {
  readonly client: UdsClient;
  readonly #profile: EcuProfile;
  readonly #close: () => Promise<unknown>;

  constructor(bus: VirtualBus, clock: VirtualClock, profile: EcuProfile = testProfile) {
    const node = bus.attach("tester");
    const transport = openIsoTpChannel(node, clock, gatewayChannel(profile));
    const functional = openFunctionalChannel(node, clock, functionalChannel(profile));
    this.#profile = profile;
    this.client = new UdsClient({ transport, functional, clock, timing: clientTiming(profile) });
    this.#close = () => Promise.all([transport.close(), functional.close(), node.close()]);
  }

  async close(): Promise<void> {
    this.client.close();
    await this.#close();
  }

  read<N extends DidName>(name: N): Promise<DidValue<N>> {
    return readDid(this.client, this.#profile, name);
  }

  start<N extends RoutineName>(name: N, input: RoutineInput<N>): Promise<RoutineResult> {
    return startRoutine(this.client, this.#profile, name, input);
  }

  async session(session: number): Promise<void> {
    await this.client.request(DiagnosticSessionControl, { session });
  }

  async unlock(): Promise<void> {
    const { level } = this.#profile.security;
    const { data } = await this.client.request(SecurityAccess, { level });
    await this.client.request(SecurityAccess, { level: level + 1, data: keyFor(this.#profile, data) });
  }

  async enterProgramming(): Promise<void> {
    await this.session(Session.extended);
    await this.session(Session.programming);
    await this.unlock();
  }

  async enterExtended(): Promise<void> {
    await this.session(Session.extended);
    await this.unlock();
  }

  erase(range = { address: 0x1000, length: 0x1000 }): Promise<RoutineResult> {
    return this.start("eraseMemory", range);
  }

  /** 34, 36 … 37 for some bytes. */
  async download(address: number, bytes: Uint8Array): Promise<void> {
    const memory = { address, length: bytes.length };
    const { maxBlockBytes } = await this.client.request(RequestDownload, { dataFormat: 0, memory });
    await this.transfer(bytes, maxBlockBytes - 2);
    await this.client.request(RequestTransferExit, {});
  }

  async transfer(bytes: Uint8Array, blockBytes = 200): Promise<void> {
    for (let i = 0; i * blockBytes < bytes.length; i += 1) {
      const data = bytes.subarray(i * blockBytes, (i + 1) * blockBytes);
      await this.client.request(TransferData, { counter: (i + 1) & 0xff, data });
    }
  }

  /** Everything up to the checks; nothing starts yet. */
  async install(image: TestImage): Promise<RoutineResult> {
    await this.enterProgramming();
    await writeDid(this.client, this.#profile, "fingerprint", { date: "2026-11-21", tester: "bench" });
    await this.erase();
    for (const { address, bytes } of image.segments) await this.download(address, bytes);
    const result = await this.start("checkMemory", { signedDescriptor: image.signedDescriptor });
    return result === "ok" ? await this.start("checkDependencies", {}) : result;
  }

  async reset(): Promise<void> {
    await this.client.request(EcuReset, { resetType: ResetType.hard });
  }

  /** Starts what was installed on trial and waits until the ECU answers again. */
  async tryOut(ecu: EcuHandle): Promise<void> {
    await this.enterExtended();
    await this.start("activate", {});
    await this.reset();
    await ecu.answering();
  }

  async commit(): Promise<RoutineResult> {
    await this.enterExtended();
    return await this.start("commit", {});
  }
}

export interface TestRig {
  readonly clock: VirtualClock;
  readonly bus: VirtualBus;
  readonly storage: EcuStorage;
  readonly ecu: EcuHandle;
  readonly tester: Tester;
  /** Advances the clock until the work is done. */
  readonly run: <T>(work: Promise<T>) => Promise<T>;
}

/** An ECU with version 1.0.0 in bank A and a tester, on a bus in virtual time. */
export function testRig(options: Partial<EcuOptions> = {}): TestRig {
  const clock = new VirtualClock();
  const bus = new VirtualBus({ clock, bitrate: 500_000, dataBitrate: 2_000_000 });
  const storage = options.storage ?? provisioned();
  const ecu = createEcu({ profile: testProfile, bus: bus.attach("ecu"), clock, storage, ...options });
  return { clock, bus, storage, ecu, tester: new Tester(bus, clock), run: (work) => clock.run(work) };
}

export function provisioned(image = oldImage, storage = memoryStorage()): EcuStorage {
  const { bytes, signedDescriptor } = image;
  const serial = "ENG-000001";
  provisionEcu({ storage, profile: testProfile, serial, publicKey, image: bytes, signedDescriptor });
  return storage;
}

/** Storage whose banks lose what was not synced when `lose` is called: a machine whose power fails. */
export function unsyncedStorage(): EcuStorage & { lose(): void } {
  const disk = memoryStorage();
  const cache = memoryStorage();
  const copyBank = (from: EcuStorage, to: EcuStorage, bank: Bank): void =>
    to.writeBank(bank, 0, from.readBank(bank, 0, 0x1000));
  return {
    ...cache,
    syncBank: (bank) => copyBank(cache, disk, bank),
    lose() {
      for (const bank of banks) copyBank(disk, cache, bank);
    },
  };
}
