import { expect, test } from "vitest";
import { logFailure, type About } from "./background.ts";
import { Refusal } from "./refusals.ts";

function logged(error: unknown, about?: About): unknown[] {
  const lines: unknown[][] = [];
  logFailure({ error: (...line: unknown[]) => void lines.push(line) }, "backup")(error, about);
  return lines.flat();
}

test("A12 a refusal in the background is logged with the work, its code and help, and without a stack", () => {
  const refusal = new Refusal("BACKUP_RUNNING", { folder: "/mnt/backups" });
  expect(logged(refusal)).toEqual([
    { work: "backup", code: "BACKUP_RUNNING", help: refusal.help },
    "backup failed: Another backup is being written to /mnt/backups.",
  ]);
});

test("A12 a fault in the background is logged with the work and the error", () => {
  const fault = new TypeError("a fault");
  expect(logged(fault)).toEqual([{ work: "backup", err: fault }, "backup failed"]);
});

test("A12 a failure in the background names whose it was", () => {
  const fault = new TypeError("a fault");
  const about = { campaignId: "spring" };
  expect(logged(fault, about)).toEqual([
    { work: "backup", campaignId: "spring", err: fault },
    "backup failed",
  ]);
});
