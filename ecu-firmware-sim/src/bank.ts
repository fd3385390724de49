import type { Bank } from "@halfshaft/vehicle-net/ecu";

/** The image slots of an ECU. */
export const banks = ["A", "B"] as const satisfies readonly Bank[];

export const otherBank = (bank: Bank): Bank => (bank === "A" ? "B" : "A");
