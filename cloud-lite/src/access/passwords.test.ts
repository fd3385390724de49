import { expect, test } from "vitest";
import { checkPassword, hashPassword, newPassword, passwordMatches } from "./passwords.ts";

test("A5 a password is kept as its scrypt hash with the parameters, salted", async () => {
  const [one, two] = await Promise.all([
    hashPassword("correct horse battery"),
    hashPassword("correct horse battery"),
  ]);
  expect(one).toMatch(/^\$scrypt\$ln=15,r=8,p=3\$/);
  expect(one).not.toBe(two);
  expect(await passwordMatches("correct horse battery", one)).toBe(true);
  expect(await passwordMatches("correct horse batterz", one)).toBe(false);
});

test("A5 a hash with other parameters still matches", async () => {
  // scrypt("password", "NaCl", N=1024, r=8, p=16), RFC 7914, 12; the first 32 bytes.
  const stored = "$scrypt$ln=10,r=8,p=16$TmFDbA==$/bq+HJ00cgB4VucZDQHp/nxq18vII3gw53N2Y0s3MWI=";
  expect(await passwordMatches("password", stored)).toBe(true);
});

test("A5 nobody's password matches nothing, not even what its hash was made of", async () => {
  expect(await passwordMatches("", null)).toBe(false);
  expect(await passwordMatches("", "not a hash")).toBe(false);
});

test.each([
  ["short", "it has 5 characters, and 12 are needed"],
  ["abababababababab", "it repeats a few characters"],
  ["Ada-Ada-Byron-1815", "it holds the user's name"],
])("A5 the password %j is refused", (password, reason) => {
  expect(() => checkPassword(password, "ada")).toThrow(
    expect.objectContaining({ code: "PASSWORD_WEAK", message: `The password is too weak: ${reason}.` }),
  );
});

test("A5 a password that the cloud makes up is taken", () => {
  expect(() => checkPassword(newPassword(), "admin")).not.toThrow();
});
