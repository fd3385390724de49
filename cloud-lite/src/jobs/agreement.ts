import type { FailureRecord, VersionManifest } from "@halfshaft/ota-format";

/** What a job put on one ECU. */
export interface ExpectedEcu {
  readonly ecuId: string;
  readonly name: string;
  readonly version: string;
  readonly sha256: string;
}

export interface Agreement {
  readonly verdict: "agrees" | "disagrees";
  /** Why it disagrees: the first ECU that runs something else. */
  readonly failure?: FailureRecord;
}

const NO_ECU: ReadonlySet<string> = new Set();

/**
 * Whether a version manifest agrees that every ECU of a job runs the new version. Undefined while some ECU could not
 * be asked or is on trial: unknown is not bad. The digest counts where it is reported, else the version.
 * @param gone ids of ECUs that are not the vehicle's any more, so that no manifest will tell what they run
 */
export function manifestAgreement(
  expected: readonly ExpectedEcu[],
  manifest: VersionManifest,
  gone = NO_ECU,
): Agreement | undefined {
  let unknown = false;
  for (const ecu of expected) {
    const report = manifest.ecus.find((candidate) => candidate.ecuId === ecu.ecuId);
    if (report === undefined && gone.has(ecu.ecuId)) return disagreement(ecu, "unknown software");
    const found = report?.imageSha256 ?? report?.version;
    if (report === undefined || found === undefined || report.bootState === "trial") {
      unknown = true;
      continue;
    }
    const wanted = report.imageSha256 === undefined ? ecu.version : ecu.sha256;
    if (found !== wanted) return disagreement(ecu, report.version ?? found);
  }
  return unknown ? undefined : { verdict: "agrees" };
}

const disagreement = ({ ecuId, name, version }: ExpectedEcu, found: string): Agreement => ({
  verdict: "disagrees",
  failure: { code: "REPORT_MANIFEST_DISAGREES", operands: { name, version, found }, ecuId },
});
