import { fileURLToPath } from "node:url";

/** One control unit of the demo's vehicle and the firmware that stands for its software. */
export interface DemoEcu {
  /** Name of its profile, and of its folder below bench/firmware. */
  readonly profile: "engine" | "adas" | "body";
  readonly ecuId: string;
  readonly oldFile: string;
  readonly newFile: string;
  readonly format: "hex" | "bin";
}

const firmware = (path: string): string => fileURLToPath(new URL(`../../firmware/${path}`, import.meta.url));

export const DEMO_ECUS: readonly DemoEcu[] = [
  {
    profile: "engine",
    ecuId: "ENG-000001",
    oldFile: firmware("engine/old.hex"),
    newFile: firmware("engine/new.hex"),
    format: "hex",
  },
  {
    profile: "adas",
    ecuId: "ADA-000001",
    oldFile: firmware("adas/old.bin"),
    newFile: firmware("adas/new.bin"),
    format: "bin",
  },
  {
    profile: "body",
    ecuId: "BOD-000001",
    oldFile: firmware("body/old.bin"),
    newFile: firmware("body/new.bin"),
    format: "bin",
  },
];

/** A vehicle identification number whose check digit is right (ISO 3779, 49 CFR 565.15). */
export const DEMO_VIN = "1M8GDM9AXKP042788";

/** Serial number of the gateway itself. */
export const GATEWAY_ID = "GW-000001";
export const GATEWAY_HARDWARE = "halfshaft-gateway";

export const OLD_VERSION = "1.0.0";
export const NEW_VERSION = "2.0.0";

export const RELEASE_NOTES = `# Release 2

The engine starts more smoothly in the cold, and driver assistance is ready sooner.

- **Engine control** meters the first strokes after a cold night anew.
- **Driver assistance** answers earlier after the ignition is switched on.
- **Body control** draws less current while parked.

The old software stays in each unit until all of them have confirmed the new one.
`;
