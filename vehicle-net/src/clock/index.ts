export type { Clock, Timer } from "./clock.ts";
export { ClockError, type ClockErrorCode } from "./clock-error.ts";
export { realClock } from "./real-clock.ts";
export { expectWhile, expectWithin } from "./testing.ts";
export { VirtualClock } from "./virtual-clock.ts";
