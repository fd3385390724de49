import { expect, test } from "vitest";
import { ReportedState } from "./desired-state.ts";
import { EventBatch } from "./event.ts";
import { VersionManifest } from "./version-manifest.ts";

/** The integers within a schema that JSON or a database may not keep exactly. */
function unbounded(schema: unknown): unknown[] {
  if (typeof schema !== "object" || schema === null) return [];
  const { type, maximum } = schema as { readonly type?: unknown; readonly maximum?: unknown };
  const isBounded = typeof maximum === "number" && maximum <= Number.MAX_SAFE_INTEGER;
  return [
    ...(type === "integer" && !isBounded ? [schema] : []),
    ...Object.values(schema).flatMap((part) => unbounded(part)),
  ];
}

test.each([
  ["events", EventBatch],
  ["its version manifest", VersionManifest],
  ["its reported state", ReportedState],
])(
  "A8 every whole number that a vehicle sends with %s has a bound that every database keeps",
  (_name, schema) => {
    expect(unbounded(schema)).toEqual([]);
  },
);
