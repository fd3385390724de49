import { expect, test } from "vitest";
import { createVehicleNumbers, withRoom } from "./vehicle-numbers.ts";

test("D5 a vehicle keeps its number, and has another than its namesake of another organisation", () => {
  const numbers = createVehicleNumbers();
  const given = [numbers.of("a", "car"), numbers.of("a", "bus"), numbers.of("b", "car")];
  expect(given).toEqual([0, 1, 2]);
  expect([numbers.of("b", "car"), numbers.of("a", "bus"), numbers.of("a", "car")]).toEqual([2, 1, 0]);
  expect(given.map((number) => numbers.name(number))).toEqual([
    { organisationId: "a", vehicleId: "car" },
    { organisationId: "a", vehicleId: "bus" },
    { organisationId: "b", vehicleId: "car" },
  ]);
});

test("D5 an array gets room for a number beyond its end and keeps what it holds", () => {
  const values = Float64Array.of(1, 2);
  expect(withRoom(values, 1)).toBe(values);
  expect([...withRoom(values, 2)]).toEqual([1, 2, 0, 0]);
  expect([...withRoom(values, 6)]).toEqual([1, 2, 0, 0, 0, 0, 0]);
});
