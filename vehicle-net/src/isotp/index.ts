export type { FunctionalAddressing, IsoTpAddressing } from "./addressing.ts";
export { openFunctionalChannel, openIsoTpChannel, type IsoTpChannel } from "./channel.ts";
export { IsoTpError, IsoTpOptionError, type IsoTpFault } from "./error.ts";
export type { FunctionalOptions, IsoTpFrameOptions, IsoTpOptions } from "./options.ts";
export { decodePdu, type Pdu } from "./pci.ts";
export { decodeStMin, defaultTiming, encodeStMin, type IsoTpTiming } from "./timing.ts";
export type { MessageReceiver, MessageTransport } from "./transport.ts";
