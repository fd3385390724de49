import fc from "fast-check";
import { expect, test } from "vitest";
import { type Block, opening, parseNotes } from "./notes.ts";

test("U2 headings, paragraphs and lists of the release notes become blocks", () => {
  const notes =
    "# Title\nOne line\nand the next.\n\n- first\n- second\n  goes on\n\n1. one\n2. two\n### Small";
  expect(parseNotes(notes)).toEqual([
    { kind: "heading", level: 2, spans: [{ text: "Title" }] },
    { kind: "paragraph", spans: [{ text: "One line and the next." }] },
    { kind: "list", ordered: false, items: [[{ text: "first" }], [{ text: "second goes on" }]] },
    { kind: "list", ordered: true, items: [[{ text: "one" }], [{ text: "two" }]] },
    { kind: "heading", level: 3, spans: [{ text: "Small" }] },
  ]);
});

test("U2 strong, emphasis and code are kept, a link keeps its words only", () => {
  expect(parseNotes("**a** *b* _c_ `d` [words](https://example.org) 2 * 3 snake_case_name")).toEqual([
    {
      kind: "paragraph",
      spans: [
        { text: "a", style: "strong" },
        { text: " " },
        { text: "b", style: "emphasis" },
        { text: " " },
        { text: "c", style: "emphasis" },
        { text: " " },
        { text: "d", style: "code" },
        { text: " " },
        { text: "words" },
        { text: " 2 * 3 snake_case_name" },
      ],
    },
  ]);
});

test("U2 markup of the web stays text", () => {
  expect(parseNotes("<script>alert(1)</script>")).toEqual([
    { kind: "paragraph", spans: [{ text: "<script>alert(1)</script>" }] },
  ]);
});

const textOf = (block: Block): string =>
  (block.kind === "list" ? block.items.flat() : block.spans).map(({ text }) => text).join("");

test("U2 any text is read without an error, and no letter of it is lost", () => {
  const letters = (text: string) => text.replaceAll(/[^a-z]/g, "");
  fc.assert(
    fc.property(fc.stringMatching(/^[a-z #*_`\n.1-]{0,80}$/), (notes) => {
      expect(letters(parseNotes(notes).map(textOf).join(""))).toBe(letters(notes));
    }),
  );
});

test.each([
  ["One. Two. Three is far too long to fit.", 12, "One. Two."],
  ["Brake control 4.2 is calmer. More.", 30, "Brake control 4.2 is calmer."],
  ["# Heading only", 30, undefined],
  ["## Heading\n\nThen a **strong** word.", 30, "Then a strong word."],
  ["A sentence longer than the limit allows.", 10, undefined],
  ["", 10, undefined],
])("U2 the opening of %j within %d characters", (notes, limit, words) => {
  expect(opening(notes, limit)).toBe(words);
});
