import type { VinPolicy } from "../config.ts";
import { Refusal } from "../refusals.ts";

/** ISO 3779:2009: 17 places, digits and capitals without I, O and Q. */
const SHAPE = /^[0-9A-HJ-NPR-Z]{17}$/;
const CHECK_PLACE = 8;
/** A character's value is its place here modulo ten; weights of the places: 49 CFR 565.15, tables III and IV. */
const VALUES = "0123456789.ABCDEFGH..JKLMN.P.R..STUVWXYZ";
const WEIGHTS = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2];

/** The check digit that a VIN of the right shape should have in its ninth place: 0 to 9, or X for ten. */
export function checkDigit(vin: string): string {
  const sum = WEIGHTS.reduce((total, weight, i) => total + (VALUES.indexOf(vin[i]!) % 10) * weight, 0);
  return sum % 11 === 10 ? "X" : String(sum % 11);
}

/** @throws {Refusal} VIN_INVALID with the reason, as far as the policy asks. */
export function checkVin(vin: string, policy: VinPolicy): void {
  if (policy === "free") return;
  const refuse = (reason: string): Refusal => new Refusal("VIN_INVALID", { vin, reason });
  if (vin.length !== 17) throw refuse(`it has ${vin.length} places and should have 17`);
  if (!SHAPE.test(vin)) throw refuse("it has a character other than digits and capitals without I, O and Q");
  if (policy === "shape") return;
  const wanted = checkDigit(vin);
  if (vin[CHECK_PLACE] !== wanted) {
    throw refuse(`its check digit, place 9, is ${vin[CHECK_PLACE]} and should be ${wanted}`);
  }
}
