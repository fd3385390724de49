import type { VehicleNumbers } from "../vehicles/presence/vehicle-numbers.ts";
import { createDeviceMemory } from "./device-memory.ts";
import type { DeviceNews, LookForNews } from "./device-news.ts";
import { deviceOfRow, type Device } from "./device-rows.ts";

/** Without a look for so long, what was noted meanwhile may be gone, and all is read anew. */
const REMEMBERED_S = 600;

/**
 * Finds devices by prefix and remembers them. Nothing is answered from memory unless a look at the database that began
 * after the question has told what changed since the look before: a token that any instance revoked opens nothing from
 * then on. So a fleet that asks again and again costs the database one small statement for many vehicles.
 */
export function rememberDevices(
  look: LookForNews,
  numbers: VehicleNumbers,
): (prefixes: readonly string[]) => Promise<readonly (Device | undefined)[]> {
  const memory = createDeviceMemory(numbers);
  let last: DeviceNews | undefined;
  /** @returns whether all that is remembered still holds */
  const hear = (news: DeviceNews): boolean => {
    const changed = last === undefined ? null : changedSince(last, news);
    last = news;
    if (changed === null) memory.forgetAll();
    for (const { organisationId, vehicleId } of changed ?? []) {
      const vehicle = numbers.find(organisationId, vehicleId);
      if (vehicle !== undefined) memory.forget(vehicle);
    }
    return changed?.length === 0;
  };
  return async (prefixes) => {
    // Besides memory, which keeps one of two tokens of a vehicle.
    const read = new Map<string, Device | undefined>();
    const known = () => prefixes.map((prefix) => read.get(prefix) ?? memory.get(prefix));
    const unread = () => prefixes.filter((prefix, i) => devices[i] === undefined && !read.has(prefix));
    let devices = known();
    let unknown = unread();
    do {
      const news = await look(last?.snapshot ?? null, unknown);
      if (hear(news) && unknown.length === 0) break;
      for (const prefix of unknown) read.set(prefix, undefined);
      for (const row of news.rows) {
        const device = deviceOfRow(row, numbers);
        memory.keep(row.prefix, device);
        read.set(row.prefix, device);
      }
      devices = known();
      // Those that the news made unknown are read in their turn.
      unknown = unread();
    } while (unknown.length > 0);
    return devices;
  };
}

/** The vehicles that have changed between two news; null where the later ones do not tell all of them. */
const changedSince = (last: DeviceNews, { server, at, changed }: DeviceNews) =>
  server === last.server && at - last.at < REMEMBERED_S ? changed : null;
