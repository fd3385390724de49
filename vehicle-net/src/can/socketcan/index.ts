export { describeErrorFrame, type BusErrorReport } from "./error-frame.ts";
export { readInterface, type CanInterface } from "./interface.ts";
export { openKernelIsoTp, type KernelIsoTp, type KernelIsoTpOptions } from "./kernel-isotp.ts";
export { loadAddon } from "./native.ts";
export { openNpmSocketCan } from "./npm-socketcan.ts";
export type { SocketCanBus } from "./socketcan-bus.ts";
export { openSocketCan } from "./socketcan.ts";
