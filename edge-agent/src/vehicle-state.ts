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
 */
export function conditionsOf(policy: SafetyPolicy, vehicle: VehicleState): readonly ConditionState[] {
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
  return conditions;
}

function atLeast(name: ConditionState["name"], found: number | undefined, wanted: number): ConditionState {
  return { name, met: found !== undefined && found >= wanted, found, wanted };
}
