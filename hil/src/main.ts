#!/usr/bin/env node
import { type Program, runProgram } from "@halfshaft/bench/program";

const verbs: Program["verbs"] = {
  "kernel-can": {
    help: "run a command where the kernel has CAN: here, else in a small virtual machine",
    load: async () => (await import("./cli/kernel-can.ts")).kernelCan,
  },
  "measure-socketcan": {
    help: "frames per second and CPU of the SocketCAN driver, beside can-utils",
    load: async () => (await import("./cli/measure-socketcan.ts")).measureSocketCan,
  },
};

/** EX_UNAVAILABLE of sysexits.h: a caller can tell "could not be tried" from "failed". */
const UNAVAILABLE = 69;

await runProgram(
  {
    name: "hil",
    verbs,
    exitStatusHelp:
      "Exit status: 0 done, 1 failed, 2 a wrong option, 69 what is needed is missing;\nkernel-can: that of the command.",
    exitStatus: { BAD_OPTION: 2, MISSING: UNAVAILABLE },
  },
  process.argv.slice(2),
);
