import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  createInProcessCloud,
  deltaCreator,
  type InProcessCloud,
  writeIntelHex,
} from "@halfshaft/cloud-lite";
import {
  createEcu,
  type EcuFaults,
  type EcuHandle,
  type EcuStorage,
  memoryStorage,
  provisionEcu,
} from "@halfshaft/ecu-firmware-sim";
import {
  type AgentConfig,
  createGateway,
  type Fact,
  type Gateway,
  readConfig,
  SimulatedVehicle,
  Staging,
} from "@halfshaft/edge-agent";
import type { Release } from "@halfshaft/ota-format";
import { inlineDeltaEngine } from "@halfshaft/ota-format/delta";
import { VirtualBus } from "@halfshaft/vehicle-net/can";
import { VirtualClock } from "@halfshaft/vehicle-net/clock";
import { type EcuProfile, profileNamed } from "@halfshaft/vehicle-net/ecu";
import { MemoryLevel } from "memory-level";
import { pino } from "pino";
import { CloudClient } from "../demo/cloud-client.ts";
import { injectFetch, type InjectFetch } from "./inject-fetch.ts";
import { withoutProcessingTime } from "./one-ecu.ts";

const START = Date.UTC(2026, 10, 21, 12);
const CLOUD_URL = "http://cloud.test";
const VEHICLE_ID = "rig-1";

export const RIG_ECUS = [
  { ecuId: "ENG-1", profile: "engine" },
  { ecuId: "ADA-1", profile: "adas" },
  { ecuId: "BOD-1", profile: "body" },
] as const;
export type RigEcuId = (typeof RIG_ECUS)[number]["ecuId"];

export interface VirtualRigOptions {
  readonly faults?: Readonly<Partial<Record<RigEcuId, EcuFaults>>>;
  readonly config?: Partial<AgentConfig>;
  /** The body control has settings far above its code, so that its images are of two segments. */
  readonly withSettings?: boolean;
  /** Stands between the gateway and the cloud: attacks and outages. */
  readonly tamper?: (fetch: InjectFetch) => InjectFetch;
}

/** Small software whose bytes say which version of which ECU it is; two versions differ in places. */
export function softwareOf(ecuId: string, version: number): Uint8Array {
  const salt = ecuId.charCodeAt(0);
  return Uint8Array.from({ length: 6000 + version * 64 }, (_, i) =>
    i % 97 === 0 ? version : (salt + i * 7 + (i >> 6)) & 0xff,
  );
}

const SETTINGS = { name: "settings", address: 0x1000_1000, length: 0x1000, flashed: true };
const SETTINGS_BYTES = 200;

/**
 * Cloud, gateway, bus and three ECUs in one process and in virtual time. Everything is the real thing, but that
 * requests to the cloud take no network, and that the journal's disk is memory which outlives the gateway.
 */
export class VirtualRig {
  readonly clock = new VirtualClock();
  readonly wire = new VirtualBus({ clock: this.clock, bitrate: 500_000 });
  readonly vehicle = new SimulatedVehicle({ gear: "P", ignition: "off", batteryVolts: 12.6 });
  readonly ecus = new Map<RigEcuId, EcuHandle>();
  readonly level = new MemoryLevel();
  readonly vehicleId = VEHICLE_ID;
  readonly #options: VirtualRigOptions;
  readonly #folder: string;
  readonly #inProcess: InProcessCloud;
  readonly cloud: CloudClient;
  #token = "";
  #first: Release | undefined;
  #gateways = 0;

  private constructor(
    options: VirtualRigOptions,
    folder: string,
    inProcess: InProcessCloud,
    now: () => number,
  ) {
    this.#options = options;
    this.#folder = folder;
    this.#inProcess = inProcess;
    this.cloud = new CloudClient(CLOUD_URL, inProcess.operatorKey, injectFetch(inProcess.app));
    this.now = now;
  }

  /** Wall time, UTC ms: virtual too, the same in cloud and vehicle. */
  readonly now: () => number;

  /** Release 1.0.0 runs in all ECUs, its images lie in the gateway, and 2.0.0 is published with its deltas. */
  static async create(options: VirtualRigOptions = {}): Promise<VirtualRig> {
    const folder = await mkdtemp(join(tmpdir(), "halfshaft-rig-"));
    let rig: VirtualRig | undefined;
    const now = (): number => START + Math.floor(rig?.clock.now() ?? 0);
    const inProcess = await createInProcessCloud({
      now,
      deltaCreator: deltaCreator(inlineDeltaEngine()),
      // Rates count real minutes, in which days of virtual time pass; one operator does it all.
      config: { fourEyes: "off", deviceRate: 1_000_000, checkRate: 1_000_000, operatorRate: 1_000_000 },
    });
    rig = new VirtualRig(options, folder, inProcess, now);
    await rig.#setUp();
    return rig;
  }

  get #profiles(): readonly { readonly ecuId: RigEcuId; readonly profile: EcuProfile }[] {
    return RIG_ECUS.map(({ ecuId, profile: name }) => {
      const profile = withoutProcessingTime(profileNamed(name));
      const hasSettings = this.#options.withSettings === true && ecuId === "BOD-1";
      return {
        ecuId,
        profile: hasSettings ? { ...profile, memory: [...profile.memory, SETTINGS] } : profile,
      };
    });
  }

  async #setUp(): Promise<void> {
    for (const { profile } of this.#profiles) {
      const { title, memory, hardwareId } = profile;
      await this.cloud.put(`/api/v1/hardware/${hardwareId}`, { json: { title, regions: memory } });
    }
    await this.cloud.post("/api/v1/vehicles", {
      vehicleId: VEHICLE_ID,
      ecus: this.#profiles.map(({ ecuId, profile }) => ({
        ecuId,
        name: profile.title,
        hardwareId: profile.hardwareId,
      })),
    });
    const path = `/api/v1/vehicles/${VEHICLE_ID}/device-tokens`;
    this.#token = (await this.cloud.post<{ token: string }>(path)).token;
    const first = await this.publish(1);
    const staging = await Staging.open(join(this.#folder, "staging"), this.clock);
    for (const { ecuId, profile } of this.#profiles) {
      await this.#buildIn(ecuId, profile, first, ecuId);
      const file = join(this.#folder, ecuId);
      await writeFile(file, softwareOf(ecuId, 1));
      await staging.add(file);
    }
    this.#first = first;
    await this.clock.run(Promise.all([...this.ecus.values()].map((ecu) => ecu.answering())));
  }

  /** As a workshop does it, the gateway being off: another unit of the same kind, with release 1.0.0 in it. */
  async exchange(ecuId: RigEcuId, serial: string): Promise<void> {
    const { profile } = this.#profiles.find((candidate) => candidate.ecuId === ecuId)!;
    this.ecus.get(ecuId)!.close();
    await this.#buildIn(ecuId, profile, this.#first!, serial);
    await this.clock.run(this.ecus.get(ecuId)!.answering());
  }

  async #buildIn(ecuId: RigEcuId, profile: EcuProfile, first: Release, serial: string): Promise<void> {
    const { imageId } = first.images.find(({ hardwareId }) => hardwareId === profile.hardwareId)!;
    const descriptor = `/api/v1/releases/${first.releaseId}/images/${imageId}/descriptor`;
    const storage: EcuStorage = memoryStorage();
    provisionEcu({
      storage,
      profile,
      serial,
      publicKey: this.#inProcess.descriptorKey,
      image: softwareOf(ecuId, 1),
      signedDescriptor: await this.cloud.getBytes(descriptor),
    });
    const faults = this.#options.faults?.[ecuId];
    this.ecus.set(
      ecuId,
      createEcu({ profile, bus: this.wire.attach(serial), clock: this.clock, storage, faults }),
    );
  }

  /** Uploads and publishes a version of all three; waits for deltas from what the fleet is known to run. */
  async publish(version: number): Promise<Release> {
    const draft = await this.cloud.post<Release>("/api/v1/releases", { name: `Release ${version}` });
    for (const { ecuId, profile } of this.#profiles) {
      const query = `version=${version}.0.0&releaseCounter=1`;
      const path = `/api/v1/releases/${draft.releaseId}/images/${profile.hardwareId}?${query}`;
      await this.cloud.put(path, {
        bytes: hexOf(softwareOf(ecuId, version), profile),
        contentType: "text/x-hex",
      });
    }
    const release = await this.cloud.post<Release>(`/api/v1/releases/${draft.releaseId}/publish`);
    await this.#inProcess.cloud.deltas.idle();
    return release;
  }

  async startCampaign(releaseId: string): Promise<string> {
    const { campaignId } = await this.cloud.post<{ campaignId: string }>("/api/v1/campaigns", {
      name: "Rig",
      releaseId,
      target: { all: true },
      consent: { mode: "banner" },
      safetyPolicy: { parked: true },
    });
    await this.cloud.post(`/api/v1/campaigns/${campaignId}/start`);
    await this.#inProcess.cloud.campaigns.idle();
    return campaignId;
  }

  /** Switches the gateway on; the same journal, staging and metadata as before. */
  async startGateway(onFact: (fact: Fact, gateway: Gateway) => void = () => {}): Promise<Gateway> {
    this.#gateways += 1;
    const fetch = injectFetch(this.#inProcess.app);
    const gateway: Gateway = await createGateway({
      config: readConfig({
        vehicleId: VEHICLE_ID,
        cloudUrl: CLOUD_URL,
        bus: "virtual:rig",
        ecus: RIG_ECUS,
        ...this.#options.config,
      }),
      dataFolder: this.#folder,
      level: this.level,
      roots: {
        director: new TextEncoder().encode(this.#inProcess.directorRoot),
        image: new TextEncoder().encode(this.#inProcess.imageRoot),
      },
      token: this.#token,
      fetch: this.#options.tamper?.(fetch) ?? fetch,
      openBus: () => Promise.resolve(this.wire.attach(`gateway-${this.#gateways}`)),
      clock: this.clock,
      now: this.now,
      deltas: inlineDeltaEngine(),
      vehicle: this.vehicle,
      log: pino({ level: "silent" }),
      onFact: (fact) => onFact(fact, gateway),
    });
    gateway.start();
    return gateway;
  }

  /** Version in the active bank of each ECU, from its own storage. */
  versions(): string[] {
    return RIG_ECUS.map(({ ecuId }) => this.ecus.get(ecuId)!.state().version ?? "none");
  }

  /** Digests of the files that the gateway holds. */
  async stagedDigests(): Promise<string[]> {
    const names = await readdir(join(this.#folder, "staging"));
    return names.filter((name) => name !== "partial").toSorted();
  }

  async close(): Promise<void> {
    for (const ecu of this.ecus.values()) ecu.close();
    await this.#inProcess.close();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** The last bytes are settings, where the ECU has room for some. */
function hexOf(software: Uint8Array, { memory }: EcuProfile): Uint8Array {
  const codeBytes = memory.includes(SETTINGS) ? software.length - SETTINGS_BYTES : software.length;
  const code = { address: memory[0]!.address, bytes: software.subarray(0, codeBytes) };
  const settings = { address: SETTINGS.address, bytes: software.subarray(codeBytes) };
  const blocks = codeBytes < software.length ? [code, settings] : [code];
  return new TextEncoder().encode(writeIntelHex(blocks));
}
