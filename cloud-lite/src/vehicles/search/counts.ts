import { Type, type TSchema } from "typebox";

/** Numbers of vehicles by a value, most first; the entry without the value counts those of which it is not known. */
export const CountsBy = (name: string, value: TSchema) =>
  Type.Array(
    Type.Object(
      { [name]: Type.Optional(value), vehicles: Type.Integer({ minimum: 0 }) },
      { additionalProperties: false },
    ),
    { description: "Most vehicles first; without a value: not known" },
  );

type Value = string | number | null;

/** Sums cells with the same value of a column. */
export function countsBy<T extends string>(
  name: T,
  cells: readonly (Readonly<Record<T, Value>> & { readonly vehicles: number })[],
): { vehicles: number }[] {
  const sums = new Map<Value, number>();
  for (const cell of cells) sums.set(cell[name], (sums.get(cell[name]) ?? 0) + cell.vehicles);
  return [...sums]
    .toSorted(([a, few], [b, more]) => more - few || inOrder(a, b))
    .map(([value, vehicles]) => ({ ...(value === null ? {} : { [name]: value }), vehicles }));
}

/** Equal counts in order of value, the unknown last. */
function inOrder(a: Value, b: Value): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
  return a < b ? -1 : 1;
}
