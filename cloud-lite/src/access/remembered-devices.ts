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
): (prefixes: readonly string[]) => Promise<Pick<Map<string, Device>, "get">> {
  const memory = createDeviceMemory(numbers);
  let last: DeviceNews | undefined;
  const hear = (news: DeviceNews): void => {
    if (last === undefined || !canFollow(last, news)) memory.forgetAll();
    else {
      for (const { organisationId, vehicleId } of news.changed!) {
        const vehicle = numbers.find(organisationId, vehicleId);
        if (vehicle !== undefined) memory.forget(vehicle);
      }
    }
    last = news;
  };
  return async (prefixes) => {
    // Of one vehicle that shows two tokens, memory keeps one.
    const found = new Map<string, Device>();
    const asked = new Set<string>();
    const isUnknown = (prefix: string): boolean => !memory.has(prefix) && !asked.has(prefix);
    do {
      const unknown = prefixes.filter(isUnknown);
      for (const prefix of unknown) asked.add(prefix);
      const news = await look(last?.snapshot ?? null, unknown);
      hear(news);
      for (const row of news.rows) {
        const device = deviceOfRow(row, numbers);
        memory.keep(row.prefix, device);
        found.set(row.prefix, device);
      }
      // Those that the news made unknown are asked in their turn.
    } while (prefixes.some(isUnknown));
    return { get: (prefix) => found.get(prefix) ?? memory.get(prefix) };
  };
}

/** Whether these news tell all that has changed since those. */
const canFollow = (last: DeviceNews, { server, at, changed }: DeviceNews): boolean =>
  changed !== null && server === last.server && at - last.at < REMEMBERED_S;
