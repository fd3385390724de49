import { expect, test } from "vitest";
import { newToken, tokenMatches, tokenPrefix } from "./tokens.ts";

test("A5 a new token is found by its prefix and matches its digest only", () => {
  const mine = newToken("operator");
  const other = newToken("operator");
  expect(mine.token).toMatch(/^hs_op_/);
  expect(tokenPrefix(mine.token)).toBe(mine.prefix);
  expect(tokenMatches(mine.token, mine.digest)).toBe(true);
  expect(tokenMatches(other.token, mine.digest)).toBe(false);
});

test("A5 the digest that is stored does not contain the secret", () => {
  const { token, digest } = newToken("device");
  expect(digest).toHaveLength(64);
  expect(token).not.toContain(digest.slice(0, 16));
});

test.each(["", "hs_op_short", "Bearer hs_op_0123456789abcdef", "hs_xx_0123456789abcdef_".padEnd(66, "A")])(
  "A5 %j is not a token",
  (text) => {
    expect(tokenPrefix(text)).toBeUndefined();
  },
);
