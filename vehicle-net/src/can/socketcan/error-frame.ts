/** What a controller reports in an error frame (linux/can/error.h). */
export interface BusErrorReport {
  /** `bus-off`, `restarted`, `no-acknowledge`, `controller` (warning, passive, overflow), `protocol` or `other`. */
  readonly kind: "bus-off" | "restarted" | "no-acknowledge" | "controller" | "protocol" | "other";
  /** What happened, in words: `stuff error; at the data section`. */
  readonly sentence: string;
  /** Transmit and receive error counters where the driver gives them. */
  readonly transmitErrors?: number;
  readonly receiveErrors?: number;
}

/** All classes: CAN_ERR_MASK. */
export const ALL_ERROR_CLASSES = 0x1fff_ffff;

const CAN_ERR_TX_TIMEOUT = 0x001;
const CAN_ERR_LOSTARB = 0x002;
const CAN_ERR_CRTL = 0x004;
const CAN_ERR_PROT = 0x008;
const CAN_ERR_TRX = 0x010;
const CAN_ERR_ACK = 0x020;
const CAN_ERR_BUSOFF = 0x040;
const CAN_ERR_BUSERROR = 0x080;
const CAN_ERR_RESTARTED = 0x100;
const CAN_ERR_CNT = 0x200;

/** data[1] where CAN_ERR_CRTL. */
const CONTROLLER: readonly (readonly [number, string])[] = [
  [0x01, "receive buffer overflow in the controller"],
  [0x02, "transmit buffer overflow in the controller"],
  [0x04, "receive error counter at warning level"],
  [0x08, "transmit error counter at warning level"],
  [0x10, "error-passive by receive errors"],
  [0x20, "error-passive by transmit errors"],
  [0x40, "error-active again"],
];

/** data[2] where CAN_ERR_PROT. */
const PROTOCOL: readonly (readonly [number, string])[] = [
  [0x01, "bit error"],
  [0x02, "form error"],
  [0x04, "stuff error"],
  [0x08, "could not send a dominant bit"],
  [0x10, "could not send a recessive bit"],
  [0x20, "bus overload"],
  [0x80, "while transmitting"],
];

/** data[3] where CAN_ERR_PROT. */
const LOCATION: ReadonlyMap<number, string> = new Map([
  [0x03, "at the start of frame"],
  [0x02, "in the identifier"],
  [0x06, "in the identifier"],
  [0x0a, "in the data section"],
  [0x08, "in the CRC"],
  [0x18, "at the CRC delimiter"],
  [0x19, "in the acknowledge slot"],
  [0x1b, "at the acknowledge delimiter"],
  [0x1a, "in the end of frame"],
  [0x12, "in the intermission"],
]);

/** Classes that need no detail. */
const CLASSES: readonly (readonly [number, string])[] = [
  [CAN_ERR_BUSOFF, "bus-off"],
  [CAN_ERR_RESTARTED, "the controller was restarted"],
  [CAN_ERR_ACK, "nobody acknowledged"],
  [CAN_ERR_TX_TIMEOUT, "transmit time-out of the driver"],
  [CAN_ERR_LOSTARB, "lost arbitration"],
  [CAN_ERR_TRX, "transceiver fault"],
  [CAN_ERR_BUSERROR, "bus error"],
];

/** @param errorClass the identifier of the error frame; `data` its eight bytes. */
export function describeErrorFrame(errorClass: number, data: Uint8Array): BusErrorReport {
  const words = named(CLASSES, errorClass);
  if ((errorClass & CAN_ERR_CRTL) !== 0) words.push(...named(CONTROLLER, data[1] ?? 0));
  if ((errorClass & CAN_ERR_PROT) !== 0) {
    words.push(...named(PROTOCOL, data[2] ?? 0));
    const location = LOCATION.get(data[3] ?? 0);
    if (location !== undefined) words.push(location);
  }
  const counters =
    (errorClass & CAN_ERR_CNT) === 0 ? {} : { transmitErrors: data[6], receiveErrors: data[7] };
  return { kind: kindOf(errorClass), sentence: words.join("; ") || "unspecified error", ...counters };
}

/** The gravest class decides. */
function kindOf(errorClass: number): BusErrorReport["kind"] {
  if ((errorClass & CAN_ERR_BUSOFF) !== 0) return "bus-off";
  if ((errorClass & CAN_ERR_RESTARTED) !== 0) return "restarted";
  if ((errorClass & CAN_ERR_ACK) !== 0) return "no-acknowledge";
  if ((errorClass & CAN_ERR_CRTL) !== 0) return "controller";
  return (errorClass & CAN_ERR_PROT) === 0 ? "other" : "protocol";
}

const named = (table: readonly (readonly [number, string])[], bits: number): string[] =>
  table.filter(([bit]) => (bits & bit) !== 0).map(([, words]) => words);
