import { isConnectionLost, isLostRace, isStoreInTrouble, isTimeOut } from "./db/engine.ts";
import { Refusal } from "./refusals.ts";

/** RFC 9110 and RFC 6585: what is refused for now. */
const FOR_NOW: readonly number[] = [429, 503];

/** Whether what failed may come right by waiting: a store is away, busy or full, or there is no room or quota now. */
export const mayPass = (error: unknown): boolean =>
  error instanceof Refusal
    ? FOR_NOW.includes(error.status)
    : isConnectionLost(error) || isTimeOut(error) || isLostRace(error) || isStoreInTrouble(error);
