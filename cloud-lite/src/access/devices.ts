import { onPostgres } from "../db/engine.ts";
import { fixedStatement, slot } from "../db/fixed-statement.ts";
import { gather, type Tell } from "../db/gather.ts";
import { isIn } from "../db/one-of.ts";
import type { Database } from "../db/database.ts";
import type { VehicleNumbers } from "../vehicles/presence/vehicle-numbers.ts";
import { rememberDevices } from "./remembered-devices.ts";
import { lookInPostgres } from "./device-news.ts";
import { deviceOfRow, selectDevices, type Device, type DeviceRow } from "./device-rows.ts";
import { tokenMatches, tokenPrefix } from "./tokens.ts";

export const isDeviceToken = (token: string): boolean => token.startsWith("hs_dv_");

/** Undefined of a token that is malformed, unknown, revoked or over. */
export type FindDevice = (token: string, tell: Tell<Device>) => void;

/**
 * Finds vehicles by device token. All that ask in one turn of the event loop share a statement, and each is in one that
 * begins after it has asked: a token that was revoked, by whichever instance, opens nothing from then on.
 */
export function createDeviceFinder(db: Database, now: () => number, numbers: VehicleNumbers): FindDevice {
  // SQLite answers within the process: to remember would cost as much.
  const readAnew = () => {
    const devices = selectDevices(db, (column) => isIn(db, column, slot("prefixes")));
    const read = fixedStatement<DeviceRow>(db, devices.compile());
    return async (prefixes: readonly string[]) => {
      const rows = await read({ prefixes: JSON.stringify(prefixes) });
      const found = new Map(rows.map((row) => [row.prefix, deviceOfRow(row, numbers)]));
      return prefixes.map((prefix) => found.get(prefix));
    };
  };
  const find = gather(onPostgres(db) ? rememberDevices(lookInPostgres(db), numbers) : readAnew());
  const isOf = (token: string, { digest, expiresAt }: Device): boolean =>
    tokenMatches(token, digest) && (expiresAt === null || expiresAt > now());
  return (token, tell) => {
    const prefix = tokenPrefix(token);
    if (prefix === undefined) return tell(undefined, undefined);
    find(prefix, (error, device) => tell(error, device && isOf(token, device) ? device : undefined));
  };
}
