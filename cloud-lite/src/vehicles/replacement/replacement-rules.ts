import type { EcuReport } from "@halfshaft/ota-format";
import type { HeldReason } from "../tables.ts";
import type { ReplacementKind } from "../twin/twin-tables.ts";

/** An ECU as the twin knows it. */
export interface KnownUnit {
  readonly ecuId: string;
  readonly name: string;
  readonly hardwareId: string;
  readonly kind: "uds" | "gateway";
  /** It has told its software before; one that never has may not be on the gateway's list. */
  readonly hasReported: boolean;
}

/** A difference between the twin and what the vehicle reports that a person has to look at. */
export interface Finding<Unit extends KnownUnit = KnownUnit> {
  readonly kind: ReplacementKind;
  readonly name: string;
  readonly before?: Unit;
  readonly after?: EcuReport;
}

/** In the order in which they give a vehicle its reason to be held. */
export const HELD_REASONS: Readonly<Record<ReplacementKind, HeldReason>> = {
  replaced: "ecuReplaced",
  hardwareChanged: "ecuHardwareChanged",
  added: "ecuAdded",
  missing: "ecuMissing",
};

/** The gateway lists an ECU that did not answer with the serial it was configured with: that proves nothing. */
export const isSilent = (report: EcuReport): boolean =>
  report.bootState === "unknown" && report.version === undefined && report.imageSha256 === undefined;

/**
 * Compares the ECUs that a vehicle reports with those that the twin knows. A newcomer takes the place of the ECU of
 * its name that is gone, else of the only one of its hardware; without such a place it was added. An ECU that is gone
 * without a successor is missing if it has reported before. Silent ECUs prove neither presence nor absence.
 */
export function findReplacements<Unit extends KnownUnit>(
  known: readonly Unit[],
  reports: readonly EcuReport[],
): Finding<Unit>[] {
  const listed = new Map(reports.map((report) => [report.ecuId, report]));
  const gone = new Set(known.filter(({ ecuId }) => !listed.has(ecuId)));
  const knownIds = new Set(known.map(({ ecuId }) => ecuId));
  const newcomers = [...listed.values()].filter((report) => !knownIds.has(report.ecuId) && !isSilent(report));

  const findings: Finding<Unit>[] = [];
  for (const before of known) {
    const after = listed.get(before.ecuId);
    if (after === undefined || isSilent(after) || after.hardwareId === before.hardwareId) continue;
    findings.push({ kind: "hardwareChanged", name: before.name, before, after });
  }
  for (const after of newcomers) {
    const before = predecessor(after, newcomers, [...gone]);
    if (before === undefined) findings.push({ kind: "added", name: after.name, after });
    else {
      gone.delete(before);
      findings.push({ kind: "replaced", name: before.name, before, after });
    }
  }
  for (const before of gone) {
    // A gateway that reports is there, whether it lists itself or not.
    if (!before.hasReported || before.kind === "gateway") continue;
    findings.push({ kind: "missing", name: before.name, before });
  }
  const order = Object.keys(HELD_REASONS);
  return findings.sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind));
}

function predecessor<Unit extends KnownUnit>(
  newcomer: EcuReport,
  newcomers: readonly EcuReport[],
  gone: readonly Unit[],
): Unit | undefined {
  const sameName = gone.find(({ name }) => name === newcomer.name);
  if (sameName) return sameName;
  const alike = gone.filter(({ hardwareId }) => hardwareId === newcomer.hardwareId);
  const rivals = newcomers.filter(({ hardwareId }) => hardwareId === newcomer.hardwareId);
  return alike.length === 1 && rivals.length === 1 ? alike[0] : undefined;
}
