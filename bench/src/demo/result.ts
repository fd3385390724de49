import type { Transport } from "@halfshaft/ota-format";
import type { BusFigures } from "./capture.ts";
import type { CloudJob } from "./job.ts";
import { bytesText, secondsText, table } from "./table.ts";
import type { Evidence } from "./verdict.ts";

const WAYS: Readonly<Record<Transport, string>> = {
  full: "full image",
  gateway: "gateway delta",
  ecu: "ECU delta",
  compressedGateway: "compressed, for the gateway",
  compressedEcu: "compressed, for the ECU",
};
const STEPS = ["download", "verify", "patch", "flash", "activate", "confirm"];

/** The demo's closing tables: what each ECU got, and how long each step took. */
export function resultTable(
  job: CloudJob,
  evidence: Omit<Evidence, "requests">,
  figures: BusFigures,
): string {
  const rows = job.ecus.map((ecu) => {
    const recorded = evidence.ecus.find(({ ecuId }) => ecuId === ecu.ecuId);
    const download = ecu.stages.find(({ stage }) => stage === "download");
    const downloaded = download?.bytes;
    const transport = (ecu.stages.find(({ stage }) => stage === "flash") ?? download)?.transport?.transport;
    return [
      ecu.name,
      ecu.versionBefore ?? "–",
      recorded?.recordedVersion ?? "–",
      transport === undefined ? "–" : WAYS[transport],
      downloaded === undefined ? "–" : bytesText(downloaded),
      bytesText(figures.bytes.get(ecu.ecuId) ?? 0),
      recorded?.bankSha256.slice(0, 12) ?? "–",
    ];
  });
  const durations = STEPS.map((step) => {
    const durationMs = job.stages.find(({ stage }) => stage === step)?.durationMs;
    return durationMs === undefined ? "–" : secondsText(durationMs);
  });
  return [
    table(["ECU", "before", "now", "sent as", "downloaded", "over the bus", "active bank"], rows),
    "",
    table([...STEPS, "bus load"], [[...durations, `${(figures.loadWhileFlashing * 100).toFixed(0)} %`]]),
  ].join("\n");
}
