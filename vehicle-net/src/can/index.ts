export {
  bitsMs,
  frameBits,
  frameTimeMs,
  INTERMISSION_BITS,
  type BitRates,
  type FrameBits,
} from "./bit-timing.ts";
export { CanError, type BusCapabilities, type CanBus, type CanErrorCode } from "./bus.ts";
export {
  checkFrame,
  CLASSIC_MAX_LENGTH,
  dlcOfLength,
  FD_MAX_LENGTH,
  fdLengthFor,
  lengthOfDlc,
} from "./frame-length.ts";
export type { CanFrame, ReceivedFrame } from "./frame.ts";
