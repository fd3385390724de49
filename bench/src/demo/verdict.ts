import { BenchError } from "../bench-error.ts";
import type { DemoFault } from "./options.ts";

/** What the cloud and the ECUs themselves say at the end. */
export interface Evidence {
  readonly outcome: string;
  readonly failureCode?: string;
  readonly ecus: readonly {
    readonly ecuId: string;
    /** In the cloud's record. */
    readonly recordedVersion?: string;
    /** SHA-256 over the active bank's bytes, from the ECU's own state. */
    readonly bankSha256: string;
    readonly oldSha256: string;
    readonly newSha256: string;
  }[];
  /** Requests seen on the bus. */
  readonly requests: ReadonlySet<string>;
}

interface Expectation {
  readonly outcome: string;
  readonly failureCode?: string;
  readonly software: "new" | "old";
  /** Requests that must not stand in the capture. */
  readonly forbidden?: readonly string[];
}

const EXPECTED: Readonly<Record<DemoFault | "none", Expectation>> = {
  none: { outcome: "succeeded", software: "new" },
  "boot-failure": { outcome: "rolledBack", failureCode: "CONFIRM_BOOT_FAILED", software: "old" },
  "tampered-artifact": {
    outcome: "failed",
    failureCode: "VERIFY_DIGEST_MISMATCH",
    software: "old",
    forbidden: ["1002", "3101FF00", "34"],
  },
};

/**
 * Compares what happened with what was asked for.
 * @throws {BenchError} `UNEXPECTED_RESULT` listing every difference.
 */
export function judge(
  fault: DemoFault | undefined,
  evidence: Evidence,
  versions: { old: string; new: string },
): void {
  const expected = EXPECTED[fault ?? "none"];
  const differences: string[] = [];
  const expect = (what: string, found: string | undefined, wanted: string | undefined): void => {
    if (found !== wanted) differences.push(`${what} is ${found ?? "missing"}, not ${wanted ?? "none"}`);
  };
  expect("the job's outcome", evidence.outcome, expected.outcome);
  expect("its failure code", evidence.failureCode, expected.failureCode);
  for (const ecu of evidence.ecus) {
    expect(`the cloud's version of ${ecu.ecuId}`, ecu.recordedVersion, versions[expected.software]);
    const wanted = expected.software === "new" ? ecu.newSha256 : ecu.oldSha256;
    expect(`the active bank of ${ecu.ecuId}`, ecu.bankSha256, wanted);
  }
  for (const request of expected.forbidden ?? []) {
    if (evidence.requests.has(request)) differences.push(`the bus carried a request ${request}`);
  }
  if (differences.length > 0) {
    throw new BenchError("UNEXPECTED_RESULT", `The run did not end as asked:\n  ${differences.join("\n  ")}`);
  }
}
