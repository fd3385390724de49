import type { EcuProfile } from "../profile.ts";
import * as conventions from "./conventions.ts";

/** An engine control on an nRF51822: 256 KB of code; the UICR holds trim values and is never flashed. */
export const engine: EcuProfile = {
  name: "engine",
  title: "Engine control",
  hardwareId: "NRF51-ENGINE",
  addressing: { requestId: 0x708, responseId: 0x700, functionalId: 0x7df, extended: false, padding: 0xcc },
  timing: conventions.timing,
  flash: { sectorBytes: 4096, pageBytes: 256, eraseMsPerSector: 3, programMsPerPage: 0.2 },
  memory: [
    { name: "application", address: 0x0, length: 0x4_0000, flashed: true },
    { name: "uicr", address: 0x1000_1000, length: 0x400, flashed: false },
  ],
  transfer: { maxBlockBytes: 4095, dataFormats: { raw: 0x00, detools: 0x10 } },
  security: {
    level: 0x01,
    algorithm: "demo-hmac-sha256",
    secret: "656e67696e652d64656d6f",
    attemptLimit: 3,
    delayMs: 10_000,
  },
  boot: { startMs: 300, trialMs: 60_000 },
  dids: conventions.dids,
  routines: conventions.routines,
  ...conventions.sequences,
};
