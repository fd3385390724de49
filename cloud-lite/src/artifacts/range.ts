import type { ByteRange } from "./store.ts";

export type RangeAnswer =
  | { readonly kind: "whole" }
  | { readonly kind: "part"; readonly range: ByteRange }
  | { readonly kind: "unsatisfiable" };

/**
 * Reads a Range header (RFC 9110, 14.2). Several ranges, other units and malformed headers are answered with the
 * whole file, as 14.2 allows; only a range that begins after the end is refused.
 * @param length of the file, bytes.
 * @param ifRange If-Range header; where it is not the file's ETag the range does not count (13.1.5).
 */
export function readRange(
  header: string | undefined,
  length: number,
  etag: string,
  ifRange: string | undefined,
): RangeAnswer {
  if (header === undefined || (ifRange !== undefined && ifRange !== etag)) return { kind: "whole" };
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header.trim());
  const [, from = "", to = ""] = match ?? [];
  if (!match || (from === "" && to === "")) return { kind: "whole" };
  if (from === "") {
    const count = Math.min(Number(to), length);
    if (count === 0) return { kind: "unsatisfiable" };
    return { kind: "part", range: { first: length - count, last: length - 1 } };
  }
  const first = Number(from);
  const last = to === "" ? length - 1 : Math.min(Number(to), length - 1);
  if (to !== "" && Number(to) < first) return { kind: "whole" };
  if (first >= length) return { kind: "unsatisfiable" };
  return { kind: "part", range: { first, last } };
}
