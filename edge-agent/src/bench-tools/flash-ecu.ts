import type { EcuProfile } from "@halfshaft/vehicle-net/ecu";
import type {
  EcuStatus,
  ImageToInstall,
  InstallOptions,
  Installer,
  InstallResult,
} from "../installer/installer.ts";
import { BenchToolError, failureError } from "./bench-tool-error.ts";
import { explainInstallerError } from "./explain-error.ts";

export interface FlashOptions extends InstallOptions {
  /** Starts the image on trial and commits it. */
  readonly activate: boolean;
  readonly busUrl: string;
  readonly onStage?: (stage: "identify" | "flash" | "activate" | "commit") => void;
}

export interface FlashResult extends InstallResult {
  /** What the ECU says of itself afterwards. */
  readonly status: EcuStatus;
}

/**
 * Flashes one ECU from identification to the end; repeated after an interruption, it goes on where the ECU says.
 * @throws {BenchToolError} with the failure code that HMI and console show; or the signal's reason
 */
export async function flashEcu(
  installer: Installer,
  profile: EcuProfile,
  image: ImageToInstall,
  options: FlashOptions,
): Promise<FlashResult> {
  const { signal, busUrl, onStage = () => {} } = options;
  const inStage = async <T>(stage: "flash" | "activate" | "confirm", work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      signal?.throwIfAborted();
      throw explainInstallerError(error, { name: installer.name, busUrl }, stage);
    }
  };
  onStage("identify");
  const found = await inStage("flash", () => installer.status({ signal }));
  if (found.hardwareId !== profile.hardwareId) throw otherHardware(installer, found, profile);
  onStage("flash");
  const result = await inStage("flash", () => installer.install(image, options));
  if (options.activate) {
    onStage("activate");
    await inStage("activate", () => installer.activate(signal));
    const started = await inStage("confirm", () => installer.status({ signal }));
    checkStarted(installer.name, started, image.sha256);
    onStage("commit");
    await inStage("confirm", () => installer.commit(signal));
  }
  return { ...result, status: await inStage("confirm", () => installer.status({ signal })) };
}

/** An ECU that does not tell its digest is believed to run what it was told to start. */
function checkStarted(name: string, { imageSha256, version = "?" }: EcuStatus, sha256: string): void {
  if (imageSha256 === undefined || imageSha256 === sha256) return;
  const operands = { name, version: `of image ${sha256.slice(0, 12)}…`, found: version };
  throw failureError({ code: "CONFIRM_BOOT_FAILED", operands });
}

const otherHardware = (
  installer: Installer,
  { hardwareId }: EcuStatus,
  profile: EcuProfile,
): BenchToolError =>
  new BenchToolError(
    "HARDWARE_MISMATCH",
    `${installer.name} has hardware ${hardwareId}, its profile is for ${profile.hardwareId}.`,
    "Nothing was written. Give the profile of this ECU, or connect the other one.",
  );
