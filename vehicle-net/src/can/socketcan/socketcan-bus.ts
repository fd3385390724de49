import type { CanBus } from "../bus.ts";
import type { BusErrorReport } from "./error-frame.ts";

/** A CAN interface of Linux. */
export interface SocketCanBus extends CanBus {
  /** `add-on` fulfils the whole contract; `npm` is the fallback, see npm-socketcan.ts for what it cannot. */
  readonly driver: "add-on" | "npm";
  /** Frames lost because this process did not read them in time. */
  readonly droppedFrames: number;
  /** Error frames of the controller, explained. Returns the function that ends the subscription. */
  subscribeErrors(listener: (report: BusErrorReport) => void): () => void;
}
