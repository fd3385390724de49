import type { EcuProfile } from "../profile.ts";
import * as conventions from "./conventions.ts";

/** A body control on an NXP i.MX 8M Plus: its first-stage firmware (bl31) in 128 KB of on-chip memory. */
export const body: EcuProfile = {
  name: "body",
  title: "Body control",
  hardwareId: "IMX8MP-BODY",
  addressing: { requestId: 0x70a, responseId: 0x702, functionalId: 0x7df, extended: false, padding: 0xcc },
  timing: conventions.timing,
  flash: { sectorBytes: 4096, pageBytes: 1024, eraseMsPerSector: 5, programMsPerPage: 0.5 },
  memory: [{ name: "bl31", address: 0x0097_0000, length: 0x2_0000, flashed: true }],
  transfer: { maxBlockBytes: 4095, dataFormats: { raw: 0x00, detools: 0x10 } },
  security: {
    level: 0x01,
    algorithm: "demo-hmac-sha256",
    secret: "626f64792d64656d6f",
    attemptLimit: 3,
    delayMs: 10_000,
  },
  boot: { startMs: 300, trialMs: 60_000 },
  dids: conventions.dids,
  routines: conventions.routines,
  ...conventions.sequences,
};
