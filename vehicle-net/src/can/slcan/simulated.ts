/** Adapters without hardware, for benches and tests. */
export { runSlcanFlood, type SlcanFloodOptions, type SlcanFloodResult } from "./flood.ts";
export { hasSocat } from "./pseudo-terminal.ts";
export { startSimulatedSlcan, type SimulatedPortOptions, type SimulatedSlcan } from "./simulated-port.ts";
