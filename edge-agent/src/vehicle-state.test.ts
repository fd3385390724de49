import { expect, test } from "vitest";
import type { SafetyPolicy } from "@halfshaft/ota-format";
import type { VehicleState } from "./gateway-state.ts";
import { conditionsOf } from "./vehicle-state.ts";

const table: readonly (readonly [SafetyPolicy, VehicleState, readonly boolean[]])[] = [
  [{}, {}, []],
  [{ parked: false, ignitionOff: false }, { gear: "D" }, []],
  [{ parked: true }, { gear: "P" }, [true]],
  [{ parked: true }, { gear: "N", parkingBrake: true }, [true]],
  [{ parked: true }, { gear: "N" }, [false]],
  [{ parked: true }, { gear: "D", parkingBrake: true }, [false]],
  [{ parked: true }, {}, [false]],
  [{ ignitionOff: true }, { ignition: "off" }, [true]],
  [{ ignitionOff: true }, { ignition: "on" }, [false]],
  [{ ignitionOff: true }, {}, [false]],
  [{ minStateOfChargePercent: 50 }, { stateOfChargePercent: 50 }, [true]],
  [{ minStateOfChargePercent: 50 }, { stateOfChargePercent: 49 }, [false]],
  [{ minBatteryVolts: 12 }, {}, [false]],
  [{ parked: true, minBatteryVolts: 12 }, { gear: "P", batteryVolts: 11.9 }, [true, false]],
];

test.each(table)("C10 the policy %o in the vehicle %o: met %o", (policy, vehicle, expected) => {
  expect(conditionsOf(policy, vehicle).map(({ met }) => met)).toEqual(expected);
});
