import { type Static, Type } from "typebox";

/** An ECU as data: what gateway and simulated ECU both need to know of it. Times in ms, sizes in bytes. */

const strict = { additionalProperties: false } as const;
const Name = Type.String({ pattern: "^[A-Za-z0-9._-]{1,32}$" });
const CanId = Type.Integer({ minimum: 0, maximum: 0x1fff_ffff });
const Byte = Type.Integer({ minimum: 0, maximum: 0xff });
const U16 = Type.Integer({ minimum: 0, maximum: 0xffff });
const U32 = Type.Integer({ minimum: 0, maximum: 0xffff_ffff });
const Milliseconds = Type.Number({ minimum: 0, maximum: 3_600_000 });

const Addressing = Type.Object(
  {
    /** Gateway to ECU. */
    requestId: CanId,
    /** ECU to gateway. Lower than every request on the bus, answers win arbitration and do not starve. */
    responseId: CanId,
    /** Gateway to all ECUs. */
    functionalId: CanId,
    /** 29-bit identifiers. */
    extended: Type.Boolean(),
    /** Byte that fills short frames; left out: frames are as short as they can be. */
    padding: Type.Optional(Byte),
    /** Frame length for CAN FD; left out: classic CAN. */
    fdTxDl: Type.Optional(Type.Enum([8, 12, 16, 20, 24, 32, 48, 64])),
  },
  strict,
);

const Timing = Type.Object(
  {
    /** What the ECU promises (ISO 14229-2). */
    p2Ms: Milliseconds,
    p2StarMs: Milliseconds,
    s3ServerMs: Milliseconds,
    /** What a tester really allows it; an ECU that breaks its promise gets higher numbers here than above. */
    client: Type.Object(
      {
        p2Ms: Milliseconds,
        p2StarMs: Milliseconds,
        marginMs: Milliseconds,
        overallMs: Milliseconds,
        s3ClientMs: Milliseconds,
        /** How long, and at what intervals, an ECU that says it is busy (0x21) is asked again. */
        busyMs: Type.Optional(Milliseconds),
        busyDelayMs: Type.Optional(Milliseconds),
      },
      strict,
    ),
  },
  strict,
);

const Flash = Type.Object(
  {
    /** Smallest stretch that can be erased. */
    sectorBytes: Type.Integer({ minimum: 1, maximum: 0x100_0000 }),
    /** Largest stretch that is programmed at once. */
    pageBytes: Type.Integer({ minimum: 1, maximum: 0x1_0000 }),
    eraseMsPerSector: Milliseconds,
    programMsPerPage: Milliseconds,
  },
  strict,
);

/** A stretch of the ECU's memory by link address, the same for both banks. */
const MemoryRegion = Type.Object(
  {
    name: Name,
    address: U32,
    length: Type.Integer({ minimum: 1, maximum: 0xffff_ffff }),
    /** Whether an update writes it; segments of an upload that lie in other regions are left out. */
    flashed: Type.Boolean(),
  },
  strict,
);
export type MemoryRegion = Static<typeof MemoryRegion>;

/** What a small microcontroller can spare for a decoder and its buffers. */
export const DEFAULT_DELTA_RAM_BYTES = 16_384;

const Transfer = Type.Object(
  {
    /** maxNumberOfBlockLength: longest TransferData message, service identifier and counter included. */
    maxBlockBytes: Type.Integer({ minimum: 8, maximum: 0xffff_ffff }),
    /**
     * dataFormatIdentifier of 34 by the name of the format; `raw` is plain bytes, `detools` a patch of detools' type
     * "sequential" with LZMA, which the ECU applies to its active bank as it arrives.
     */
    dataFormats: Type.Intersect([
      Type.Object({ raw: Byte, detools: Type.Optional(Byte) }),
      Type.Record(Name, Byte),
    ]),
    /** RAM that applying a patch may take, its block buffer included. Default: {@link DEFAULT_DELTA_RAM_BYTES}. */
    deltaRamBytes: Type.Optional(Type.Integer({ minimum: 1, maximum: 0xffff_ffff })),
    /**
     * Whether the ECU keeps the state of its decoder over a power cut. Default true; else an interrupted patch is
     * sent again from its first byte, and what it already made is only compared.
     */
    deltaSnapshots: Type.Optional(Type.Boolean()),
  },
  strict,
);

const Security = Type.Object(
  {
    /** Odd: the sub-function that asks for the seed. */
    level: Type.Integer({ minimum: 1, maximum: 0x7d }),
    /** Name in the table of seed-key algorithms. */
    algorithm: Type.String({ minLength: 1 }),
    /** The algorithm's constant, hex. */
    secret: Type.String({ pattern: "^([0-9a-f]{2})*$" }),
    attemptLimit: Type.Integer({ minimum: 1, maximum: 255 }),
    delayMs: Milliseconds,
  },
  strict,
);

/** How a tester authenticates itself (service 29); what it proves that with is no part of a profile. */
const Authentication = Type.Union([
  Type.Object({ mode: Type.Literal("certificate") }, strict),
  /** `algorithm`: its indicator of 16 bytes, hex. */
  Type.Object(
    { mode: Type.Literal("challenge"), algorithm: Type.String({ pattern: "^[0-9a-f]{32}$" }) },
    strict,
  ),
]);

/** Times of the boot loader. */
const Boot = Type.Object(
  {
    /** From reset until the ECU answers on the bus. */
    startMs: Milliseconds,
    /** A trial that is not committed for so long ends by itself with the old bank. */
    trialMs: Milliseconds,
  },
  strict,
);

/** What is left out, this ECU does not have; without a serial number and a hardware id nobody can tell it apart. */
const Dids = Type.Object(
  {
    serialNumber: U16,
    hardwareId: U16,
    softwareVersion: Type.Optional(U16),
    applicationSoftwareId: Type.Optional(U16),
    sparePart: Type.Optional(U16),
    fingerprint: Type.Optional(U16),
    activeBank: Type.Optional(U16),
    trialState: Type.Optional(U16),
    /** Without it an interrupted transfer begins anew. */
    resumeOffset: Type.Optional(U16),
    /** Without it an interrupted patch begins anew. */
    resumePatch: Type.Optional(U16),
    imageDigest: Type.Optional(U16),
    inactiveImageDigest: Type.Optional(U16),
    releaseCounter: Type.Optional(U16),
  },
  strict,
);

const Routines = Type.Object(
  {
    checkPreconditions: Type.Optional(U16),
    eraseMemory: Type.Optional(U16),
    /** Whether the active bank holds the base of a patch; asked before a download in the format `detools`. */
    checkBase: Type.Optional(U16),
    checkMemory: Type.Optional(U16),
    checkDependencies: Type.Optional(U16),
    activate: Type.Optional(U16),
    commit: Type.Optional(U16),
    revert: Type.Optional(U16),
  },
  strict,
);

/** What checkMemory is told of the image: its signed descriptor, a checksum over the image file, or nothing. */
export const checkMemoryKinds = ["signedDescriptor", "sha256", "crc32", "nothing"] as const;
export type CheckMemoryKind = (typeof checkMemoryKinds)[number];

/** What a tester can be told to do; each step is one request or one fixed run of them. */
export const stepNames = [
  "defaultSession",
  "extendedSession",
  "programmingSession",
  "checkPreconditions",
  "dtcSettingOff",
  "dtcSettingOn",
  "communicationOff",
  "communicationOn",
  "unlock",
  "authenticate",
  "writeFingerprint",
  "eraseMemory",
  "download",
  "checkMemory",
  "checkDependencies",
  "activate",
  "commit",
  "revert",
  "hardReset",
] as const;
export type StepName = (typeof stepNames)[number];

const Sequence = Type.Array(Type.Enum([...stepNames]));

export const EcuProfile = Type.Object(
  {
    /** Name in the table of profiles: `engine`. */
    name: Name,
    /** What people call the control unit: "Engine control". */
    title: Type.String({ minLength: 1, maxLength: 64 }),
    hardwareId: Name,
    addressing: Addressing,
    timing: Timing,
    flash: Flash,
    memory: Type.Array(MemoryRegion, { minItems: 1, maxItems: 64 }),
    transfer: Transfer,
    security: Security,
    /** For ECUs that ask for it; others have only `security`. */
    authentication: Type.Optional(Authentication),
    boot: Boot,
    dids: Dids,
    routines: Routines,
    /** More identifiers and routines by their names, for reading, writing and explaining. */
    otherDids: Type.Optional(Type.Record(Name, U16)),
    otherRoutines: Type.Optional(Type.Record(Name, U16)),
    /** Option record of checkMemory. Default: signedDescriptor. */
    checkMemoryKind: Type.Optional(Type.Enum([...checkMemoryKinds])),
    /** Whether routines answer with a byte that says what they found. Default true; else a positive answer means ok. */
    routineStatus: Type.Optional(Type.Boolean()),
    /** An image goes into the inactive bank and is checked there; nothing else changes. */
    programmingSequence: Sequence,
    /** The inactive bank starts on trial. */
    activationSequence: Sequence,
    /** The bank on trial becomes permanent. */
    commitSequence: Sequence,
    /** The old bank starts again. */
    revertSequence: Sequence,
  },
  strict,
);
export type EcuProfile = Static<typeof EcuProfile>;
export type DidName = keyof EcuProfile["dids"];
export type RoutineName = keyof EcuProfile["routines"];
