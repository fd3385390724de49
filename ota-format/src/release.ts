import { Type, type Static } from "typebox";
import { HardwareId, Id, ReleaseCounter, Sha256, U32, Version, WallTime } from "./scalars.ts";

/** A contiguous run of an image at its link address. */
export const Segment = Type.Object(
  { address: U32, length: U32, sha256: Sha256 },
  { additionalProperties: false, description: "A contiguous run of bytes at its link address" },
);
export type Segment = Static<typeof Segment>;

/** A named range of an ECU's memory; only regions marked `flashed` are part of an image. */
export const MemoryRegion = Type.Object(
  { name: Type.String({ minLength: 1, maxLength: 32 }), address: U32, length: U32, flashed: Type.Boolean() },
  { additionalProperties: false },
);
export type MemoryRegion = Static<typeof MemoryRegion>;

/** Versions of other ECUs of the vehicle, from `atLeast` on, up to but without `below`. */
export const EcuDependency = Type.Object(
  { hardwareId: HardwareId, atLeast: Type.Optional(Version), below: Type.Optional(Version) },
  { additionalProperties: false, minProperties: 2 },
);
export type EcuDependency = Static<typeof EcuDependency>;

/** What must hold in a vehicle before an image may be installed in it. */
export const ImageRequirements = Type.Object(
  {
    currentAtLeast: Type.Optional(
      Type.String({ ...Version, description: "The ECU must run this version or a later one" }),
    ),
    currentIs: Type.Optional(
      Type.Array(Version, { minItems: 1, maxItems: 64, description: "The ECU must run one of these" }),
    ),
    ecus: Type.Optional(
      Type.Array(EcuDependency, {
        minItems: 1,
        maxItems: 32,
        description: "What other ECUs of the vehicle must run once the release is installed",
      }),
    ),
  },
  { additionalProperties: false },
);
export type ImageRequirements = Static<typeof ImageRequirements>;

/** Of no bytes (FIPS 180-4). */
const EMPTY_SHA512 =
  "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce" +
  "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e";

/** One version of one ECU type's software. The image file is its segments, one after another by address. */
export const Image = Type.Object(
  {
    imageId: Id,
    hardwareId: HardwareId,
    version: Version,
    versionKey: Type.String({ description: "Sorts as text in the order of the versions" }),
    releaseCounter: ReleaseCounter,
    length: U32,
    sha256: Sha256,
    sha512: Type.String({ pattern: "^[0-9a-f]{128}$", examples: [EMPTY_SHA512] }),
    segments: Type.Array(Segment, { minItems: 1, maxItems: 64 }),
    requires: Type.Optional(ImageRequirements),
  },
  { additionalProperties: false, $id: "Image" },
);
export type Image = Static<typeof Image>;

export const ReleaseState = Type.Union([
  Type.Literal("draft"),
  Type.Literal("published"),
  Type.Literal("withdrawn"),
]);

/** RX Software Identification Number (UN R156, 2.1.5): which type-approved software a system has. */
export const Rxswin = Type.String({ minLength: 1, maxLength: 64, examples: ["R79 ABC-0001 02"] });

/** A name plus images; immutable and signed once published. */
export const Release = Type.Object(
  {
    releaseId: Id,
    name: Type.String({ minLength: 1, maxLength: 80, examples: ["Spring 2.0"] }),
    headline: Type.String({
      maxLength: 60,
      description: "One sentence for the driver: what gets better",
      examples: ["Smoother starts in the cold"],
    }),
    notes: Type.String({ maxLength: 20_000, description: "Release notes, Markdown" }),
    rxswin: Type.Array(Rxswin, {
      maxItems: 16,
      uniqueItems: true,
      description: "RX Software Identification Numbers that a vehicle has with this release (UN R156)",
    }),
    state: ReleaseState,
    images: Type.Array(Image, { maxItems: 64 }),
    createdAt: WallTime,
    publishedAt: Type.Optional(WallTime),
    withdrawnAt: Type.Optional(WallTime),
    withdrawnBecause: Type.Optional(Type.String({ maxLength: 500 })),
  },
  { additionalProperties: false, $id: "Release" },
);
export type Release = Static<typeof Release>;
