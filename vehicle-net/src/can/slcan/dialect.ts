export type SlcanDialectName = "lawicel" | "usbtin" | "canable1" | "canable2" | "canable2.5";

/** What one family of firmware makes of SLCAN. */
export interface SlcanDialect {
  readonly name: SlcanDialectName;
  /** As its maker calls it. */
  readonly title: string;
  /** Whether commands are answered; waiting for the others would never end. */
  readonly answers: boolean;
  /**
   * How the departure of a frame is known: `computed` from the bus's bit rate alone, `accepted` where the adapter also
   * says that it has taken the frame over, `echoed` where it says that the frame has left.
   */
  readonly departure: "computed" | "accepted" | "echoed";
  /** Frames that it queues; it drops or refuses more. */
  readonly fifo: number;
  /** Frames handed over ahead of their departure. */
  readonly inFlight: number;
  /** Digit of `S` by nominal bit rate in bit/s. */
  readonly bitrates: ReadonlyMap<number, string>;
  /** Digit of `Y` by data bit rate in bit/s; empty: classic CAN only. */
  readonly dataBitrates: ReadonlyMap<number, string>;
  /** Form of what `s` takes, and an example; left out where there is no `s`. */
  readonly timing?: { readonly form: RegExp; readonly example: string };
  /** Sent first, whatever the answer. */
  readonly prepare: readonly string[];
  /** Commands that open the bus, and those that open it for listening alone. */
  readonly open: readonly string[];
  readonly listen: readonly string[];
}

const COMMON_BITRATES: readonly (readonly [number, string])[] = [
  [10_000, "0"],
  [20_000, "1"],
  [50_000, "2"],
  [100_000, "3"],
  [125_000, "4"],
  [250_000, "5"],
  [500_000, "6"],
  [1_000_000, "8"],
];
/** `S7` is 800 kbit/s by the LAWICEL manual, 750 kbit/s in the firmware of the CANable 1 and 2; `S9` is theirs alone. */
const LAWICEL_BITRATES = new Map([...COMMON_BITRATES, [800_000, "7"]]);
const STOCK_CANABLE_BITRATES = new Map([...COMMON_BITRATES, [750_000, "7"], [83_300, "9"]]);
const CANABLE_25_BITRATES = new Map([...LAWICEL_BITRATES, [83_300, "9"]]);

/** Asked of any adapter that answers: one without FD refuses, and only then is it known. */
const DATA_BITRATES = new Map([
  [1_000_000, "1"],
  [2_000_000, "2"],
  [4_000_000, "4"],
  [5_000_000, "5"],
  [8_000_000, "8"],
]);
const STOCK_CANABLE_DATA_BITRATES = new Map([
  [2_000_000, "2"],
  [5_000_000, "5"],
]);
const CANABLE_25_DATA_BITRATES = new Map([...DATA_BITRATES, [500_000, "0"]]);

/**
 * The length of its queue is not documented: taken as short. Frames are polled for unless `X1` says otherwise; not every adapter knows it.
 */
const LAWICEL: SlcanDialect = {
  name: "lawicel",
  title: "LAWICEL",
  answers: true,
  departure: "accepted",
  fifo: 8,
  inFlight: 4,
  bitrates: LAWICEL_BITRATES,
  dataBitrates: DATA_BITRATES,
  timing: { form: /^[0-9A-F]{4}(?:[0-9A-F]{4})?$/iu, example: "031C (BTR0 and BTR1 of an SJA1000)" },
  prepare: ["X1"],
  open: ["O"],
  listen: ["L"],
};

/**
 * Its controller has three transmit buffers, and early firmware fills them in an order that is not the one in which they
 * are sent: one frame on the wire and one behind it always leave in order.
 */
const USBTIN: SlcanDialect = {
  ...LAWICEL,
  name: "usbtin",
  title: "USBtin",
  fifo: 3,
  inFlight: 2,
  dataBitrates: new Map(),
  timing: { form: /^[0-9A-F]{6}$/iu, example: "00BA07 (CNF1, CNF2 and CNF3 of an MCP2515)" },
  prepare: [],
};

const CANABLE_1: SlcanDialect = {
  name: "canable1",
  title: "CANable 1",
  answers: false,
  departure: "computed",
  fifo: 28,
  inFlight: 20,
  bitrates: STOCK_CANABLE_BITRATES,
  dataBitrates: new Map(),
  prepare: [],
  // `M1` means silent here, a filter elsewhere.
  open: ["M0", "O"],
  listen: ["M1", "O"],
};

const CANABLE_2: SlcanDialect = {
  ...CANABLE_1,
  name: "canable2",
  title: "CANable 2",
  fifo: 64,
  inFlight: 48,
  dataBitrates: STOCK_CANABLE_DATA_BITRATES,
};

/** `MF`: answers; `MM`: the marker behind each frame comes back when that has left; `ME`: errors are told. */
const CANABLE_25: SlcanDialect = {
  ...CANABLE_2,
  name: "canable2.5",
  title: "CANable 2.5",
  answers: true,
  departure: "echoed",
  bitrates: CANABLE_25_BITRATES,
  dataBitrates: CANABLE_25_DATA_BITRATES,
  timing: {
    form: /^\d+(?:,\d+){3}$/u,
    example: "4,69,10,7 (prescaler, segment 1, segment 2, jump width)",
  },
  prepare: ["MFEM"],
};

export const SLCAN_DIALECTS: ReadonlyMap<string, SlcanDialect> = new Map(
  [LAWICEL, USBTIN, CANABLE_1, CANABLE_2, CANABLE_25].map((dialect) => [dialect.name, dialect]),
);

/** A CANable 2.5 that keeps silent: the first firmware of that name, or one with its answers left out. */
export const SILENT_CANABLE_25: SlcanDialect = {
  ...CANABLE_25,
  answers: false,
  departure: "computed",
  prepare: [],
};

/**
 * The dialect of an adapter by its answers.
 * @param version line that answers `V`: `V1013`, `+Board: …`, or the build of a stock CANable, `b158aa7 github.com/…`.
 * @param details line that answers `v`, which adapters other than the USBtin refuse or fill with text.
 */
export function dialectOf(version: string, details: string | undefined): SlcanDialect {
  if (version.startsWith("+")) return CANABLE_25;
  if (/^V[0-9A-F]{4}/iu.test(version)) return /^v\d{4}$/u.test(details ?? "") ? USBTIN : LAWICEL;
  return /canable-?2/iu.test(version) ? CANABLE_2 : CANABLE_1;
}
