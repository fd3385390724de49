import type { DurableStore } from "../journal/durable-store.ts";

const PREFIX = "ecu!";

/** Which serials ECUs go by that were exchanged since the gateway was configured, by the id they were given then. */
export async function readExchanged(store: DurableStore): Promise<Map<string, string>> {
  const serials = new Map<string, string>();
  for await (const [ecuId, serial] of store.read(PREFIX)) serials.set(ecuId, serial);
  return serials;
}

/** @throws {StoreError} */
export const storeExchanged = (store: DurableStore, serials: ReadonlyMap<string, string>): Promise<void> =>
  store.write(() => ({
    operations: [...serials].map(([ecuId, value]) => ({ type: "put", key: `${PREFIX}${ecuId}`, value })),
    onWritten: () => undefined,
  }));
