import { Type, type Static } from "typebox";

/** UUID version 7 (RFC 9562) as lower-case text. */
export const Id = Type.String({
  pattern: "^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$",
  examples: ["0193f3a0-7c00-7abc-8def-0123456789ab"],
});

/** UTC milliseconds since 1970, integer, up to the end of the year 9999 (RFC 3339 writes no later one). */
export const WallTime = Type.Integer({
  minimum: 0,
  maximum: 253_402_300_799_999,
  examples: [1_790_000_000_000],
});

/** A count or a place in order, within what every reader of JSON keeps exactly (RFC 8259, 6). */
export const Whole = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });

/** SHA-256 digest (FIPS 180-4) as 64 lower-case hex digits. */
export const Sha256 = Type.String({
  pattern: "^[0-9a-f]{64}$",
  examples: ["e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
});

/** An ECU's own serial number (UDS DID F18C): its identifier in the vehicle and in signed metadata. */
export const EcuId = Type.String({ pattern: "^[A-Za-z0-9._-]{1,32}$", examples: ["ENG-000001"] });

/** What an image is built for and an ECU reports of itself (Uptane: hardware identifier). */
export const HardwareId = Type.String({ pattern: "^[A-Za-z0-9._-]{1,32}$", examples: ["NRF51-ENGINE"] });

/** Semantic version 2.0.0. */
export const Version = Type.String({
  pattern: String.raw`^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$`,
  maxLength: 64,
  examples: ["2.0.0"],
});

/** Raised only to outlaw older images; an ECU burns it at commit. */
export const ReleaseCounter = Type.Integer({ minimum: 0, maximum: 0xffff_ffff, examples: [1] });

/** Unsigned 32-bit address or length in an ECU's memory, bytes. */
export const U32 = Type.Integer({ minimum: 0, maximum: 0xffff_ffff });

/** W3C Trace Context `traceparent`, version 00. */
export const TraceParent = Type.String({ pattern: "^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$" });

export type Id = Static<typeof Id>;
