#!/usr/bin/env node
import { type Program, runProgram } from "./cli/program.ts";

const verbs: Program["verbs"] = {
  demo: { help: "one update, end to end", load: async () => (await import("./cli/demo.ts")).demo },
  bus: {
    help: "throughput of a flash against the physical limit",
    load: async () => (await import("./cli/bus.ts")).bus,
  },
  fuzz: {
    help: "spoiled conversations against the protocol layers",
    load: async () => (await import("./cli/fuzz.ts")).fuzz,
  },
  slcan: {
    help: "frames lost through a serial adapter that drops silently",
    load: async () => (await import("./cli/slcan.ts")).slcan,
  },
  cloud: {
    help: "what the cloud bears beside a plain server: checks, telemetry, lists, campaigns",
    load: async () => (await import("./cli/cloud.ts")).cloud,
  },
  "cloud-kill": {
    help: "the cloud killed under write load: nothing acknowledged is lost",
    load: async () => (await import("./cli/cloud-kill.ts")).cloudKill,
  },
  delta: {
    help: "sizes, times and memory of patches, beside other tools",
    load: async () => (await import("./cli/delta.ts")).delta,
  },
  "delta-fuzz": {
    help: "spoilt patches against the code that applies them",
    load: async () => (await import("./cli/delta-fuzz.ts")).deltaFuzz,
  },
  "delta-power": {
    help: "ECU deltas over a bus: bytes saved, and power cuts at random bytes",
    load: async () => (await import("./cli/delta-power.ts")).deltaPower,
  },
};

await runProgram(
  {
    name: "bench",
    verbs,
    exitStatusHelp: "Exit status: 0 done, 1 failed, 2 a wrong option, 130 interrupted.",
    exitStatus: { BAD_OPTION: 2, INTERRUPTED: 130 },
  },
  process.argv.slice(2),
);
