export { arbitrationKey } from "./arbitration.ts";
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
export {
  randomFaults,
  type Attempt,
  type BusFault,
  type BusFaults,
  type RandomFaultRates,
} from "./bus-faults.ts";
export { busLoad, type BusStatistics } from "./bus-statistics.ts";
export type { ErrorState } from "./error-counters.ts";
export { VirtualBus, type BusTap, type ErrorFrame, type VirtualBusOptions } from "./virtual-bus.ts";
export type { ErrorStateChange, NodeOptions, VirtualNode } from "./virtual-node.ts";
export { openBus, type OpenBusOptions } from "./drivers.ts";
export { startHub, type Hub, type HubOptions } from "./hub-server.ts";
export { formatCandumpLine, parseCandumpLine, type CandumpEntry } from "./candump.ts";
export { decodeAnswer, decodeCommand, type SlcanAnswer, type SlcanCommand } from "./slcan-codec.ts";
export { SlcanError, type SlcanErrorCode } from "./slcan-error.ts";
export { SlcanLines } from "./slcan-line.ts";
