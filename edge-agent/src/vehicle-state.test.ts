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
  [{ charging: true }, { charging: true }, [true]],
  [{ charging: true }, { charging: false }, [false]],
  [{ charging: true }, {}, [false]],
  [{ minTemperatureC: -10, maxTemperatureC: 45 }, { temperatureC: 45 }, [true, true]],
  [{ minTemperatureC: -10, maxTemperatureC: 45 }, { temperatureC: -11 }, [false, true]],
  [{ minTemperatureC: -10, maxTemperatureC: 45 }, { temperatureC: 46 }, [true, false]],
  [{ minTemperatureC: -10, maxTemperatureC: 45 }, {}, [false, false]],
];

test.each(table)("C10 the policy %o in the vehicle %o: met %o", (policy, vehicle, expected) => {
  expect(conditionsOf(policy, vehicle, 0).map(({ met }) => met)).toEqual(expected);
});

test.each([
  ["22:00", "05:00", "Europe/Oslo", "2026-01-10T21:00Z", true],
  ["22:00", "05:00", "Europe/Oslo", "2026-01-10T20:59Z", false],
  ["22:00", "05:00", "Europe/Oslo", "2026-01-10T03:59Z", true],
  ["22:00", "05:00", "Europe/Oslo", "2026-01-10T04:00Z", false],
  ["01:00", "04:00", "Asia/Tokyo", "2026-01-10T16:00Z", true],
  ["01:00", "04:00", "Asia/Tokyo", "2026-01-10T01:00Z", false],
  ["00:00", "23:59", "Nowhere/Else", "2026-01-10T12:00Z", false],
])("C10 from %s to %s in %s it is time at %s: %s", (from, to, timeZone, at, expected) => {
  const timeWindow = { from, to, timeZone };
  expect(conditionsOf({ timeWindow }, {}, Date.parse(at))).toMatchObject([{ met: expected }]);
});
