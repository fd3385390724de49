import type { SafetyPolicy } from "@halfshaft/ota-format";
import type { ConditionState, VehicleState } from "./gateway-state.ts";

/** Where the vehicle's state comes from: CAN signals, another computer, or the simulation. */
export interface VehicleStateSource {
  /** Measures now. */
  read(): Promise<VehicleState>;
  /** Calls back when something has changed, where the source can tell. */
  subscribe?(listener: () => void): () => void;
}

/** A vehicle whose state is set by hand. */
export class SimulatedVehicle implements VehicleStateSource {
  readonly #listeners = new Set<() => void>();
  #state: VehicleState;

  constructor(state: VehicleState) {
    this.#state = state;
  }

  set(changes: Partial<VehicleState>): void {
    this.#state = { ...this.#state, ...changes };
    for (const listener of this.#listeners) listener();
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async read(): Promise<VehicleState> {
    return this.#state;
  }
}

/**
 * Each condition that a safety policy demands, met or not. What cannot be measured is not met: nobody knows that it
 * is safe.
 * @param now wall time, UTC ms
 */
export function conditionsOf(
  policy: SafetyPolicy,
  vehicle: VehicleState,
  now: number,
): readonly ConditionState[] {
  const conditions: ConditionState[] = [];
  if (policy.parked === true) {
    const met = vehicle.gear === "P" || (vehicle.gear === "N" && vehicle.parkingBrake === true);
    conditions.push({ name: "parked", met, found: vehicle.gear });
  }
  if (policy.ignitionOff === true) {
    conditions.push({ name: "ignitionOff", met: vehicle.ignition === "off", found: vehicle.ignition });
  }
  const { minStateOfChargePercent, minBatteryVolts } = policy;
  if (minStateOfChargePercent !== undefined) {
    conditions.push(
      atLeast("minStateOfChargePercent", vehicle.stateOfChargePercent, minStateOfChargePercent),
    );
  }
  if (minBatteryVolts !== undefined) {
    conditions.push(atLeast("minBatteryVolts", vehicle.batteryVolts, minBatteryVolts));
  }
  const { charging, temperatureC } = vehicle;
  if (policy.charging === true) {
    const found = charging === undefined ? {} : { found: charging ? "on" : "off" };
    conditions.push({ name: "charging", met: charging === true, ...found });
  }
  const { minTemperatureC, maxTemperatureC, timeWindow } = policy;
  if (minTemperatureC !== undefined) {
    conditions.push(atLeast("minTemperatureC", temperatureC, minTemperatureC));
  }
  if (maxTemperatureC !== undefined) {
    const met = temperatureC !== undefined && temperatureC <= maxTemperatureC;
    conditions.push({ name: "maxTemperatureC", met, found: temperatureC, wanted: maxTemperatureC });
  }
  if (timeWindow !== undefined) conditions.push(withinWindow(timeWindow, now));
  return conditions;
}

/** By the clock of the zone that is given, else by the vehicle's own; over midnight where it ends before it begins. */
function withinWindow(
  { from, to, timeZone }: NonNullable<SafetyPolicy["timeWindow"]>,
  now: number,
): ConditionState {
  const found = timeOfDay(now, timeZone);
  const wanted = `${from}–${to}`;
  if (found === undefined) return { name: "timeWindow", met: false, wanted };
  const met = from <= to ? found >= from && found < to : found >= from || found < to;
  return { name: "timeWindow", met, found, wanted };
}

/** Undefined in a zone that this computer does not know. */
function timeOfDay(now: number, timeZone: string | undefined): string | undefined {
  try {
    const clock = { timeZone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" } as const;
    return new Intl.DateTimeFormat("en-GB", clock).format(now);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function atLeast(name: ConditionState["name"], found: number | undefined, wanted: number): ConditionState {
  return { name, met: found !== undefined && found >= wanted, found, wanted };
}
