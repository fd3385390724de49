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

/**
 * Whether a version manifest agrees that every ECU of a job runs the new version. Undefined while some ECU could not
 * be asked or is on trial: unknown is not bad. The digest counts where it is reported, else the version.
 */
export function manifestAgreement(
  expected: readonly ExpectedEcu[],
  manifest: VersionManifest,
): Agreement | undefined {
  let unknown = false;
  for (const ecu of expected) {
    const report = manifest.ecus.find((candidate) => candidate.ecuId === ecu.ecuId);
    const found = report?.imageSha256 ?? report?.version;
    if (report === undefined || found === undefined || report.bootState === "trial") {
      unknown = true;
      continue;
    }
    const wanted = report.imageSha256 === undefined ? ecu.version : ecu.sha256;
    if (found !== wanted) {
      const operands = { name: ecu.name, version: ecu.version, found: report.version ?? found };
      return {
        verdict: "disagrees",
        failure: { code: "REPORT_MANIFEST_DISAGREES", operands, ecuId: ecu.ecuId },
      };
    }
  }
  return unknown ? undefined : { verdict: "agrees" };
}
