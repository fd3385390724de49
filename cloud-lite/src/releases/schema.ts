import { Type, type Static } from "typebox";
import { HardwareId, Id, Image, MemoryRegion, Sha256, Version, WallTime } from "@halfshaft/ota-format";
import { DeltaFormat } from "@halfshaft/ota-format/trust";
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
    notes: Type.Optional(Type.String({ maxLength: 20_000, description: "Release notes, Markdown" })),
  },
  closed,
);

export const UploadQuery = Type.Object(
  {
    version: Version,
    releaseCounter: Type.Optional(
      Type.String({ pattern: "^\\d{1,10}$", description: "Raised only to outlaw older images; default 0" }),
    ),
    address: Type.Optional(
      Type.String({
        pattern: "^(0x[0-9a-fA-F]{1,8}|\\d{1,10})$",
        description: "Where a raw binary begins; default: the only flashed region of the hardware",
        examples: ["0x18000"],
      }),
    ),
    format: Type.Optional(
      Type.Union([Type.Literal("bin"), Type.Literal("hex"), Type.Literal("srec")], {
        description: "Default: by the Content-Type, application/octet-stream, text/x-hex or text/x-srec",
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
    leftOut: Type.Array(
      Type.Object({ name: Type.String(), address: Type.Integer(), length: Type.Integer() }, closed),
      { description: "Bytes that lie in regions which are not flashed" },
    ),
  },
  { ...closed, $id: "UploadResult" },
);
export type UploadResult = Static<typeof UploadResult>;

/** A delta from one released image to another, or an image compressed: transport, never authority. */
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
    state: Type.Union(
      [Type.Literal("pending"), Type.Literal("made"), Type.Literal("skipped"), Type.Literal("failed")],
      { description: "skipped: not smaller enough than the full image" },
    ),
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
