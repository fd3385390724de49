import { type ClientTiming, defaultClientTiming, type ServerTiming } from "../uds/timing.ts";
import type { EcuProfile } from "./profile.ts";

/** What a tester allows this ECU. */
export const clientTiming = ({ timing }: EcuProfile): ClientTiming => ({
  ...defaultClientTiming,
  ...timing.client,
});

/** What this ECU promises and keeps. */
export const serverTiming = ({ timing }: EcuProfile): ServerTiming => ({
  p2Ms: timing.p2Ms,
  p2StarMs: timing.p2StarMs,
  s3Ms: timing.s3ServerMs,
});
