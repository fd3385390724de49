/** A vehicle as the database names it. */
export interface VehicleName {
  readonly organisationId: string;
  readonly vehicleId: string;
}

/**
 * A number for each vehicle that this process has heard of, 0 and up. What is kept of a vehicle at every request lies
 * in arrays by that number: one look-up by name for all of it, and nothing made that would have to be collected.
 * A number stays; only a vehicle whose token was asked for has one, so there are no more than a fleet has vehicles.
 */
export interface VehicleNumbers {
  of(organisationId: string, vehicleId: string): number;
  /** Undefined where it has none yet. */
  find(organisationId: string, vehicleId: string): number | undefined;
  /** Of a number that was given. */
  name(number: number): VehicleName;
}

export function createVehicleNumbers(): VehicleNumbers {
  const byOrganisation = new Map<string, Map<string, number>>();
  // Side by side: an object for each would take three times the memory.
  const organisationIds: string[] = [];
  const vehicleIds: string[] = [];
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
      numbers.set(vehicleId, vehicleIds.length);
      organisationIds.push(organisationId);
      return vehicleIds.push(vehicleId) - 1;
    },
    find: (organisationId, vehicleId) => byOrganisation.get(organisationId)?.get(vehicleId),
    name: (number) => ({ organisationId: organisationIds[number]!, vehicleId: vehicleIds[number]! }),
  };
}

/** The array, or where it has no such index yet a longer one with the same beginning; what is new is 0. */
export function withRoom<Values extends Float64Array<ArrayBuffer> | Uint8Array<ArrayBuffer>>(
  values: Values,
  index: number,
): Values {
  if (index < values.length) return values;
  const longer = new (values.constructor as new (length: number) => Values)(
    Math.max(2 * values.length, index + 1),
  );
  longer.set(values);
  return longer;
}
