import { UdsAborted, UdsProtocolError, UdsRefused, wasLost } from "@halfshaft/vehicle-net/uds";
import { InstallerError } from "./installer-error.ts";

/** How often something that may have been lost on the bus is tried. */
export const ATTEMPTS = 4;

/** Does something again as long as it was lost on the way; `onRepeat` is told before each repetition. */
export async function persist<T>(attempt: () => Promise<T>, onRepeat?: () => void): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (!wasLost(error) || tries === ATTEMPTS) throw error;
      onRepeat?.();
    }
  }
}

/** The error of an operation on an ECU, as the rest of the agent knows it; one that is not about the ECU stays. */
export function installerError(error: unknown, name: string, operation: string): unknown {
  if (error instanceof UdsAborted) return error.cause ?? error;
  if (error instanceof UdsRefused) {
    const nrc = `${error.nrcName ?? "unknown"} (${error.nrc.toString(16).toUpperCase().padStart(2, "0")})`;
    const fault = operation === "unlock" ? "security-denied" : "refused";
    return new InstallerError(
      fault,
      `${name} refused ${operation}: ${nrc}`,
      { name, operation, nrc },
      { cause: error },
    );
  }
  if (wasLost(error)) {
    return new InstallerError(
      "no-answer",
      `${name} did not answer ${operation}`,
      { name, operation },
      { cause: error },
    );
  }
  if (error instanceof UdsProtocolError) {
    const nrc = error.message;
    return new InstallerError(
      "refused",
      `${name} answered ${operation} wrongly: ${nrc}`,
      { name, operation, nrc },
      { cause: error },
    );
  }
  return error;
}
