import { expect, test } from "vitest";
import type { EcuReport } from "@halfshaft/ota-format";
import { findReplacements, type KnownUnit } from "./replacement-rules.ts";

const known = (
  ecuId: string,
  name: string,
  hardwareId: string,
  more: Partial<KnownUnit> = {},
): KnownUnit => ({
  ecuId,
  name,
  hardwareId,
  kind: "uds",
  hasReported: true,
  ...more,
});
const says = (ecuId: string, name: string, hardwareId: string): EcuReport => ({
  ecuId,
  name,
  hardwareId,
  version: "1.0.0",
  bootState: "committed",
});
const silent = (ecuId: string, name: string, hardwareId: string): EcuReport => ({
  ecuId,
  name,
  hardwareId,
  bootState: "unknown",
});

const engine = known("ENG-1", "Engine", "HW-E");
const brake = known("BRK-1", "Brakes", "HW-B");

test.each<[string, KnownUnit[], EcuReport[], string[]]>([
  ["the same ECUs", [engine, brake], [says("BRK-1", "Brakes", "HW-B"), says("ENG-1", "Motor", "HW-E")], []],
  [
    "another serial under a known name",
    [engine, brake],
    [says("ENG-2", "Engine", "HW-E2"), says("BRK-1", "Brakes", "HW-B")],
    ["replaced ENG-1 ENG-2"],
  ],
  [
    "another serial of the same hardware",
    [engine],
    [says("ENG-2", "Motor", "HW-E")],
    ["replaced ENG-1 ENG-2"],
  ],
  [
    "two newcomers of one hardware, and nothing says which is whose",
    [known("A", "Left", "HW-D"), known("B", "Right", "HW-D")],
    [says("C", "Door 1", "HW-D"), says("D", "Door 2", "HW-D")],
    ["added - C", "added - D", "missing A -", "missing B -"],
  ],
  [
    "the same serial with other hardware",
    [engine],
    [says("ENG-1", "Engine", "HW-X")],
    ["hardwareChanged ENG-1 ENG-1"],
  ],
  [
    "an ECU that nobody knows",
    [engine],
    [says("ENG-1", "Engine", "HW-E"), says("NEW", "Radio", "HW-R")],
    ["added - NEW"],
  ],
  ["an ECU that was there is gone", [engine, brake], [says("ENG-1", "Engine", "HW-E")], ["missing BRK-1 -"]],
  [
    "an ECU that never reported is not listed",
    [engine, known("BRK-1", "Brakes", "HW-B", { hasReported: false })],
    [says("ENG-1", "Engine", "HW-E")],
    [],
  ],
  [
    "a gateway that does not list itself",
    [engine, known("GW", "Gateway", "HW-G", { kind: "gateway" })],
    [says("ENG-1", "Engine", "HW-E")],
    [],
  ],
  ["an ECU that does not answer", [engine], [silent("ENG-1", "Engine", "HW-X")], []],
  [
    "an ECU that nobody knows does not answer",
    [engine],
    [says("ENG-1", "Engine", "HW-E"), silent("N", "Radio", "R")],
    [],
  ],
])("D3 replaced ECUs: %s", (_case, before, reports, expected) => {
  const found = findReplacements(before, reports);
  const words = found.map((f) => `${f.kind} ${f.before?.ecuId ?? "-"} ${f.after?.ecuId ?? "-"}`);
  expect(words).toEqual(expected);
});
