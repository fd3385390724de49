import { CanError } from "../bus.ts";
import type { CanFilter } from "./kernel-frame.ts";

export interface SocketCanUrl {
  readonly interfaceName: string;
  /** Empty: everything is received. */
  readonly filters: readonly CanFilter[];
}

/** IFNAMSIZ − 1 */
const LONGEST_NAME = 15;
const EXAMPLE = "Write socketcan:can0, or socketcan:can0?filter=7E8,18DAF110:1FFFFFFF to receive only these.";

/**
 * Reads `socketcan:can0?filter=7E8,18DA0000:1FFF0000`: identifiers, each with an optional mask, in hexadecimal; one of
 * more than three digits means a 29-bit identifier.
 * @throws {CanError} `bad-url`
 */
export function parseSocketCanUrl(url: string): SocketCanUrl {
  const match = /^socketcan:([^?/\s]+)(?:\?filter=([^&]*))?$/u.exec(url);
  const interfaceName = match?.[1] ?? "";
  if (interfaceName === "" || interfaceName.length > LONGEST_NAME) {
    throw new CanError("bad-url", `"${url}" names no SocketCAN interface.`, { help: EXAMPLE });
  }
  const filters = match?.[2]?.split(",").map((text) => parseFilter(text, url)) ?? [];
  return { interfaceName, filters };
}

function parseFilter(text: string, url: string): CanFilter {
  const match = /^([0-9A-F]{1,8})(?::([0-9A-F]{1,8}))?$/iu.exec(text);
  const extended = (match?.[1]?.length ?? 0) > 3;
  const limit = extended ? 0x1fff_ffff : 0x7ff;
  const id = Number.parseInt(match?.[1] ?? "", 16);
  const mask = match?.[2] === undefined ? limit : Number.parseInt(match[2], 16);
  if (match === null || id > limit || mask > limit) {
    throw new CanError("bad-url", `"${text}" in ${url} is no filter.`, { help: EXAMPLE });
  }
  return { id, mask, extended };
}
