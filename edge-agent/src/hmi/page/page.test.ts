import { STATUS } from "@halfshaft/ui-kit";
import { expect, test } from "vitest";
import { en } from "../texts.en.ts";
import { keepTogether } from "./keep-together.ts";
import { themeOf } from "./theme.ts";

test.each([
  ["?theme=dark", false, false, "dark"],
  ["?theme=light", true, true, "light"],
  ["", true, false, "dark"],
  ["", false, true, "light"],
  ["", undefined, true, "dark"],
  ["", undefined, false, "light"],
  ["?theme=pink", undefined, false, "light"],
] as const)("E11 address %j, night %s, system dark %s: %s", (search, night, systemDark, theme) => {
  expect(themeOf(search, night, systemDark)).toBe(theme);
});

test.each([
  ["It has 11.9 V and needs 12.2 V.", "It has 11.9\u00a0V and needs 12.2\u00a0V."],
  ["412 of 680 kB", "412\u00a0of 680\u00a0kB"],
  ["12-volt at 84 %", "12\u2011volt at 84\u00a0%"],
  ["2 big numbers", "2 big numbers"],
])("E11 %j keeps numbers and units together", (text, kept) => {
  expect(keepTogether(text)).toBe(kept);
});

test("E11 the HMI uses the same status words as the console", () => {
  const { updating: _updating, silent: _silent, ...words } = en.status;
  for (const [name, word] of Object.entries(words))
    expect(word).toBe(STATUS[name as keyof typeof words].word);
});
