import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { openApiText } from "./openapi-text.ts";

interface Operation {
  summary?: string;
  tags?: string[];
  responses?: Record<string, unknown>;
}
interface Document {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
}

const text = await openApiText();
const document = JSON.parse(text) as Document;

test("A1 the OpenAPI document that is checked in is the one of the routes; `cloud openapi` writes it", async () => {
  expect(await readFile(new URL("../../openapi.json", import.meta.url), "utf8")).toBe(text);
});

test("A1 every operation has a summary, a tag and its refusals", () => {
  expect(document.openapi).toBe("3.1.0");
  const bare = Object.entries(document.paths)
    .flatMap(([path, operations]) =>
      Object.entries(operations).map(([method, operation]) => ({ name: `${method} ${path}`, operation })),
    )
    .filter(({ name }) => !name.includes("/health"))
    .filter(({ operation }) => !operation.summary || !operation.tags || !operation.responses?.["4XX"])
    .map(({ name }) => name);
  expect(bare).toEqual([]);
});
