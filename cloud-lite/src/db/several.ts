import type { FastifyRequest } from "fastify";
import { Type, type TSchema } from "typebox";

/** A filter of a query string that takes one value or several, any of which may hold. */
export const several = <One extends TSchema>(one: One, description: string) =>
  Type.Optional(
    Type.Union([one, Type.Array(one, { minItems: 1, maxItems: 20 })], {
      description: `${description}; several with commas, or the parameter several times`,
    }),
  );

/** Makes lists of such filters before they are checked: the hook `preValidation` of their route. */
export const splitting =
  (...names: readonly string[]) =>
  async ({ query }: FastifyRequest): Promise<void> => {
    const given = query as Record<string, string | string[]>;
    for (const name of names) {
      if (given[name] !== undefined) given[name] = [given[name]].flat().flatMap((text) => text.split(","));
    }
  };

/** The values of such a filter; undefined where it is not given. */
export const valuesOf = <Value>(filter: Value | Value[] | undefined): Value[] | undefined =>
  filter === undefined ? undefined : ([filter].flat() as Value[]);
