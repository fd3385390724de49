import { expect, test } from "vitest";
import css from "./tokens.css?raw";

/** Relative luminance and contrast, WCAG 2.2 "relative luminance" and "contrast ratio". */
function luminance(hex: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const c = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [x, y] = [luminance(a), luminance(b)];
  return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
}

function tokens(selector: string): Record<string, string> {
  const block = css.slice(css.indexOf(`${selector} {`), css.indexOf("}", css.indexOf(`${selector} {`)));
  return Object.fromEntries([...block.matchAll(/--([\w-]+): (#[0-9a-f]{6})/g)].map(([, k, v]) => [k, v]));
}

const themes = { light: tokens(":root"), dark: tokens(':root[data-theme="dark"]') };
const grounds = ["bg", "surface", "surface-2"];
const tones = ["ok", "wait", "back", "bad", "off", "accent"];

const pairs = [
  ...["ink", "ink-2", "ink-3", ...tones].flatMap((text) => grounds.map((ground) => [text, ground] as const)),
  ...tones.map((tone) => [tone, `${tone}-soft`] as const),
  ["on-accent", "accent-fill"] as const,
  ["on-bad", "bad-fill"] as const,
];

for (const theme of ["light", "dark"] as const) {
  test.each(pairs)(`E11 %s on %s reads at 4.5 or more in the ${theme} theme`, (text, ground) => {
    expect(contrast(themes[theme][text] ?? "", themes[theme][ground] ?? "")).toBeGreaterThanOrEqual(4.5);
  });
}

test("E11 both themes define the same colours", () => {
  expect(Object.keys(themes.dark)).toEqual(Object.keys(themes.light));
});
