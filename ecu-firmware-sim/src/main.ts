#!/usr/bin/env node
import { exitStatus, explain } from "./cli/explain.ts";
import { command } from "./cli/verbs.ts";

function fail(error: unknown): never {
  console.error(explain(error));
  process.exit(exitStatus(error));
}

process.on("uncaughtException", fail);
await command(process.argv.slice(2)).catch(fail);
