import { sql, type RawBuilder } from "kysely";
import { Type } from "typebox";

/** The parameter of a query string that looks for words. @param where what they are looked for in, for people */
export const wordsParameter = (where: string, example: string) =>
  Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 80,
      description: `Words, or parts of them, of ${where}; all of them, in any order and case`,
      examples: [example],
    }),
  );

/** That each word is in one of the columns. */
export const hasWords = (columns: readonly string[], words: string): RawBuilder<boolean> => {
  const each = words.split(/\s+/).filter((word) => word !== "");
  return each.length === 0
    ? sql`true`
    : sql`(${sql.join(
        each.map((word) => isInSome(columns, word)),
        sql` and `,
      )})`;
};

const isInSome = (columns: readonly string[], word: string): RawBuilder<boolean> => {
  const pattern = containing(word);
  const each = columns.map((column) => sql`lower(${sql.ref(column)}) like ${pattern} escape '!'`);
  return sql`(${sql.join(each, sql` or `)})`;
};

/** Pattern of LIKE; both engines lower A to Z alone. */
const containing = (word: string): string =>
  `%${word.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase()).replaceAll(/[!%_]/g, "!$&")}%`;
