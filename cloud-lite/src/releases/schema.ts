import { Type, type Static } from "typebox";
import {
  HardwareId,
  Id,
  Image,
  ImageRequirements,
  MemoryRegion,
  ReleaseCounter,
  ReleaseState,
  Rxswin,
  Sha256,
  Version,
  WallTime,
} from "@halfshaft/ota-format";
import { DeltaFormat } from "@halfshaft/ota-format/trust";
import { wordsParameter } from "../db/words.ts";
import { ref } from "../plugins/answers.ts";

const closed = { additionalProperties: false } as const;

export const HardwareBody = Type.Object(
  {
    title: Type.String({ minLength: 1, maxLength: 80, examples: ["Engine control, nRF51822"] }),
    regions: Type.Array(MemoryRegion, { minItems: 1, maxItems: 32 }),
  },
  closed,
);

/** An ECU type: what is built for and flashed. */
export const Hardware = Type.Object(
  { hardwareId: HardwareId, ...HardwareBody.properties, updatedAt: WallTime },
  { ...closed, $id: "Hardware" },
);
export type Hardware = Static<typeof Hardware>;

export const ReleaseBody = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 80, examples: ["Spring 2.0"] }),
    headline: Type.Optional(Type.String({ maxLength: 60, examples: ["Smoother starts in the cold"] })),
    notes: Type.Optional(
      Type.String({
        maxLength: 20_000,
        description: "Release notes, Markdown",
        examples: ["- Starts more smoothly below 0 °C"],
      }),
    ),
    rxswin: Type.Optional(
      Type.Array(Rxswin, {
        maxItems: 16,
        uniqueItems: true,
        description: "RX Software Identification Numbers that a vehicle has with this release (UN R156)",
      }),
    ),
  },
  closed,
);
export type ReleaseBody = Static<typeof ReleaseBody>;

export const ReleasePatch = Type.Partial(ReleaseBody, { ...closed, minProperties: 1 });
export type ReleasePatch = Static<typeof ReleasePatch>;

/** Filters of the list of releases: all that are given must hold. */
export const ReleaseFilter = {
  state: Type.Optional(ReleaseState),
  hardwareId: Type.Optional(HardwareId),
  q: wordsParameter("the name", "spring"),
};
const FilterObject = Type.Object(ReleaseFilter);
export type ReleaseFilter = Static<typeof FilterObject>;

export const WithdrawBody = Type.Object(
  { reason: Type.String({ minLength: 1, maxLength: 500, examples: ["Stalls at idle with cold oil"] }) },
  closed,
);

/** Names a file that was uploaded before, and says what it is. */
export const ImageBody = Type.Object(
  {
    hardwareId: HardwareId,
    alsoFor: Type.Optional(
      Type.Array(HardwareId, {
        maxItems: 16,
        uniqueItems: true,
        description: "Further ECU types that this file is for; each gets an image of its own, signed for it",
      }),
    ),
    sha256: Type.String({ ...Sha256, description: "Of the uploaded file, as POST /api/v1/uploads was told" }),
    version: Version,
    releaseCounter: Type.Optional(ReleaseCounter),
    address: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 0xffff_ffff,
        description: "Where a raw binary begins; default: the only flashed region of the hardware",
        examples: [0x18000],
      }),
    ),
    format: Type.Optional(
      Type.Enum(["bin", "hex", "srec"], {
        description: "Default: the format that the upload was begun with",
      }),
    ),
    requires: Type.Optional(ImageRequirements),
  },
  closed,
);
export type ImageBody = Static<typeof ImageBody>;

export const UploadQuery = Type.Object(
  {
    version: Version,
    releaseCounter: Type.Optional(
      Type.String({
        pattern: "^\\d{1,10}$",
        description: "0 to 4294967295: raised only to outlaw older images; default 0",
      }),
    ),
    address: Type.Optional(
      Type.String({
        pattern: "^(0x[0-9a-fA-F]{1,8}|\\d{1,10})$",
        description: "Where a raw binary begins; default: the only flashed region of the hardware",
        examples: ["0x18000"],
      }),
    ),
    format: Type.Optional(
      Type.Enum(["bin", "hex", "srec"], {
        description: "Default: by the Content-Type, application/octet-stream, text/x-hex or text/x-srec",
      }),
    ),
    alsoFor: Type.Optional(
      Type.String({
        pattern: "^[A-Za-z0-9._-]{1,32}(,[A-Za-z0-9._-]{1,32}){0,15}$",
        description: "Further ECU types that this file is for, with commas; each gets an image of its own",
        examples: ["NRF51-ENGINE-B,NRF51-ENGINE-C"],
      }),
    ),
  },
  closed,
);
export type UploadQuery = Static<typeof UploadQuery>;

/** What was taken from an upload, and what was not. */
export const UploadResult = Type.Object(
  {
    image: ref(Image),
    also: Type.Optional(
      Type.Array(ref(Image), { description: "The images for the further ECU types of `alsoFor`" }),
    ),
    leftOut: Type.Array(
      Type.Object({ name: Type.String(), address: Type.Integer(), length: Type.Integer() }, closed),
      { description: "Bytes that lie in regions which are not flashed" },
    ),
  },
  { ...closed, $id: "UploadResult" },
);
export type UploadResult = Static<typeof UploadResult>;

/** A delta from one released image to another, or an image compressed: transport, never authority. */
const DeltaState = Type.Union(
  [Type.Literal("pending"), Type.Literal("made"), Type.Literal("skipped"), Type.Literal("failed")],
  { description: "skipped: not smaller enough than the full image" },
);

/** Filters of the list of deltas: all that are given must hold. */
export const DeltaFilter = {
  state: Type.Optional(DeltaState),
  hardwareId: Type.Optional(HardwareId),
};
const DeltaFilterObject = Type.Object(DeltaFilter);
export type DeltaFilter = Static<typeof DeltaFilterObject>;

export const Delta = Type.Object(
  {
    deltaId: Id,
    hardwareId: HardwareId,
    baseVersion: Type.Optional(
      Type.String({ ...Version, description: "Left out for the image compressed, which has no base" }),
    ),
    baseSha256: Type.Optional(Sha256),
    version: Version,
    resultSha256: Sha256,
    format: DeltaFormat,
    state: DeltaState,
    length: Type.Optional(Type.Integer()),
    sha256: Type.Optional(Type.String({ ...Sha256, description: "Of the patch; made ones have it" })),
    fullLength: Type.Integer(),
    progress: Type.Optional(
      Type.Number({ minimum: 0, maximum: 1, description: "Of the one that is being made now" }),
    ),
    failure: Type.Optional(Type.String({ description: "Why the last attempt came to nothing" })),
    failures: Type.Integer({ minimum: 0 }),
    retryAt: Type.Optional(Type.Integer({ description: "When it is tried again, UTC ms" })),
  },
  { ...closed, $id: "Delta" },
);
export type Delta = Static<typeof Delta>;
