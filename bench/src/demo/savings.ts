import type { BusFigures } from "./capture.ts";
import type { CloudJob } from "./job.ts";
import { bytesText, secondsText } from "./table.ts";

/**
 * What deltas saved on the bus, as a sentence; undefined where nothing was flashed. The rate is measured: bytes of
 * images and patches over the time that all frames of the transfers took on the wire. What the ECUs need to erase and
 * program is the same either way.
 * @param imageBytes length of each ECU's full image, by ecuId
 */
export function savingsText(
  { ecus }: Pick<CloudJob, "ecus">,
  imageBytes: ReadonlyMap<string, number>,
  { busyWhileFlashingMs }: Pick<BusFigures, "busyWhileFlashingMs">,
): string | undefined {
  const sum = (bytesOf: (ecu: CloudJob["ecus"][number]) => number | undefined): number =>
    ecus.reduce((total, ecu) => total + (bytesOf(ecu) ?? 0), 0);
  const sent = sum(({ stages }) => stages.find(({ stage }) => stage === "flash")?.bytes);
  if (sent === 0 || busyWhileFlashingMs === 0) return undefined;
  const images = sum(({ ecuId }) => imageBytes.get(ecuId));
  const bytesPerMs = sent / busyWhileFlashingMs;
  const rate = `${bytesPerMs.toFixed(1)} kB/s`;
  if (sent >= images)
    return `Whole images: ${bytesText(sent)} in ${secondsText(sent / bytesPerMs)} of bus time (${rate}).`;
  const share = `${((100 * sent) / images).toFixed(0)} %`;
  const saved = secondsText((images - sent) / bytesPerMs);
  const whole = secondsText(images / bytesPerMs);
  return (
    `Over the bus went ${bytesText(sent)} of patches and images in place of ${bytesText(images)} (${share}): ` +
    `at the ${rate} measured, ${saved} of ${whole} of bus time are saved.`
  );
}
