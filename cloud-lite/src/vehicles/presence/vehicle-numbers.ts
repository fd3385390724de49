/** A vehicle as the database names it. */
export interface VehicleName {
  readonly organisationId: string;
  readonly vehicleId: string;
}

/**
 * A number for each vehicle that this process has heard of, 0 and up. What is kept of a vehicle at every request lies
 * in arrays by that number: one look-up by name for all of it, and nothing made that would have to be collected.
 * A number stays; only a vehicle that showed its token has one, so there are no more than a fleet has vehicles.
 */
export interface VehicleNumbers {
  of(organisationId: string, vehicleId: string): number;
  /** Of a number that was given. */
  name(number: number): VehicleName;
}

export function createVehicleNumbers(): VehicleNumbers {
  const byOrganisation = new Map<string, Map<string, number>>();
  const names: VehicleName[] = [];
  const ofOrganisation = (organisationId: string): Map<string, number> => {
    const found = byOrganisation.get(organisationId);
    if (found) return found;
    const made = new Map<string, number>();
    byOrganisation.set(organisationId, made);
    return made;
  };
  return {
    of(organisationId, vehicleId) {
      const numbers = ofOrganisation(organisationId);
      const found = numbers.get(vehicleId);
      if (found !== undefined) return found;
      numbers.set(vehicleId, names.length);
      return names.push({ organisationId, vehicleId }) - 1;
    },
    name: (number) => names[number]!,
  };
}

/** The array, or where it has no such index yet a longer one with the same beginning; what is new is 0. */
export function withRoom(values: Float64Array<ArrayBuffer>, index: number): Float64Array<ArrayBuffer> {
  if (index < values.length) return values;
  const longer = new Float64Array(Math.max(2 * values.length, index + 1));
  longer.set(values);
  return longer;
}
