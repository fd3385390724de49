import type { EcuProfile } from "../profile.ts";
import * as conventions from "./conventions.ts";

/** A driver assistance control on a TI K3: its first-stage firmware (bl31) in 128 KB of on-chip memory. */
export const adas: EcuProfile = {
  name: "adas",
  title: "Driver assistance",
  hardwareId: "K3-ADAS",
  addressing: { requestId: 0x709, responseId: 0x701, functionalId: 0x7df, extended: false, padding: 0xcc },
  timing: conventions.timing,
  flash: { sectorBytes: 4096, pageBytes: 512, eraseMsPerSector: 4, programMsPerPage: 0.3 },
  memory: [{ name: "bl31", address: 0x7000_0000, length: 0x2_0000, flashed: true }],
  transfer: { maxBlockBytes: 4095, dataFormats: { raw: 0x00, detools: 0x10 } },
  security: {
    level: 0x01,
    algorithm: "demo-hmac-sha256",
    secret: "616461732d64656d6f",
    attemptLimit: 3,
    delayMs: 10_000,
  },
  boot: { startMs: 300, trialMs: 60_000 },
  dids: conventions.dids,
  routines: conventions.routines,
  ...conventions.sequences,
};
