import type { TargetFile, Targets } from "@tufjs/models";
import { DirectorTargetCustom } from "@halfshaft/ota-format/trust";
import { Value } from "typebox/value";
import { schemaProblem } from "../schema-problem.ts";
import { TrustError } from "./trust-error.ts";

/** What the Director says that one ECU is to have. */
export interface Assignment {
  readonly ecuId: string;
  readonly hardwareId: string;
  readonly releaseId: string;
  readonly jobId: string;
  readonly releaseCounter: number;
  readonly target: TargetFile;
}

/**
 * Reads a vehicle's Director targets by ECU (Uptane Standard 2.1.0, 5.4.4.6): made for this vehicle, no
 * delegations, no ECU twice.
 * @throws {TrustError} `PLAN_METADATA_INVALID`
 */
export function readAssignments(targets: Targets, vehicleId: string): readonly Assignment[] {
  const custom = targets.unrecognizedFields["custom"];
  if (!isRecord(custom) || custom["vehicleId"] !== vehicleId) {
    throw invalid(`it is not made for vehicle ${vehicleId}`);
  }
  if (targets.delegations !== undefined) throw invalid("a Director must not delegate");
  const assignments = Object.values(targets.targets).flatMap(assignmentsOf);
  const seen = new Set<string>();
  for (const { ecuId } of assignments) {
    if (seen.has(ecuId)) throw invalid(`it names ECU ${ecuId} twice`);
    seen.add(ecuId);
  }
  return assignments;
}

function assignmentsOf(target: TargetFile): Assignment[] {
  const { custom } = target;
  if (!Value.Check(DirectorTargetCustom, custom)) {
    throw invalid(`custom of ${target.path}: ${schemaProblem(DirectorTargetCustom, custom)}`);
  }
  const { ecuIdentifiers, ...common } = custom;
  return Object.entries(ecuIdentifiers).map(([ecuId, { hardwareId }]) => ({
    ecuId,
    hardwareId,
    ...common,
    target,
  }));
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const invalid = (reason: string): TrustError =>
  new TrustError("PLAN_METADATA_INVALID", { role: "targets", repository: "Director", reason });
