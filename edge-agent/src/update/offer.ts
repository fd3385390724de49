import type { Offer } from "@halfshaft/ota-format";
import type { UpdateDeps } from "./deps.ts";

/**
 * Asks what this vehicle may get. A job begins with the fact of its offer; one that has ended here is not begun
 * again, whatever the cloud still says.
 * @throws {HttpError}
 */
export async function offer(
  { cloud, journal }: Pick<UpdateDeps, "cloud" | "journal">,
  signal: AbortSignal,
): Promise<Offer | undefined> {
  const offer = await cloud.offer(signal);
  if (offer === undefined || journal.hasEnded(offer)) return undefined;
  await journal.begin(offer, { step: "offer", kind: "done", payload: { offer } });
  return offer;
}
