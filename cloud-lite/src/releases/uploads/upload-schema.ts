import { Type, type Static } from "typebox";
import { Sha256, WallTime, Whole } from "@halfshaft/ota-format";

const closed = { additionalProperties: false } as const;

const Format = Type.Enum(["bin", "hex", "srec"], { description: "What the file is; default: raw binary" });
const Length = Type.Integer({
  ...Whole,
  minimum: 1,
  description: "Of the whole file, bytes",
  examples: [262_144],
});

const State = Type.Enum(["open", "complete"], { description: "complete: its digest was found right" });

/** Filters of a query: all that are given must hold. */
export const UploadFilter = {
  state: Type.Optional(State),
  format: Type.Optional(
    Type.Enum(["bin", "hex", "srec"], { description: "As it was told; none has no format" }),
  ),
  q: Type.Optional(
    Type.String({
      pattern: "^[0-9a-f]{1,64}$",
      description: "The beginning of the digest",
      examples: ["9f86d081"],
    }),
  ),
};
const FilterObject = Type.Object(UploadFilter);
export type UploadFilter = Static<typeof FilterObject>;

export const UploadBody = Type.Object(
  {
    sha256: Type.String({ ...Sha256, description: "Of the whole file" }),
    length: Length,
    format: Type.Optional(Format),
  },
  closed,
);

/** A file on its way: named by its digest, so that whoever has the file can go on with it. */
export const Upload = Type.Object(
  {
    ...UploadBody.properties,
    offset: Type.Integer({ minimum: 0, description: "Bytes that are kept; go on here", examples: [131_072] }),
    state: State,
    createdAt: WallTime,
    completedAt: Type.Optional(WallTime),
    expiresAt: Type.Integer({ ...WallTime, description: "Removed then, unless more comes before; UTC ms" }),
  },
  { ...closed, $id: "Upload" },
);
export type Upload = Static<typeof Upload>;
