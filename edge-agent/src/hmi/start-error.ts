export type HmiStartCode = "PORT_TAKEN" | "PORT_FORBIDDEN" | "HOST_UNKNOWN" | "HMI_NOT_STARTED";

/** The HMI could not listen: which address, why, and what to do. */
export class HmiStartError extends Error {
  readonly code: HmiStartCode;
  readonly help: string;

  private constructor(code: HmiStartCode, sentence: string, help: string, cause: unknown) {
    super(sentence, { cause });
    this.name = "HmiStartError";
    this.code = code;
    this.help = help;
  }

  /** Names the system's error of `listen`. */
  static from(error: unknown, host: string, port: number): HmiStartError {
    const { code } = error as NodeJS.ErrnoException;
    const address = `${host}:${port}`;
    switch (code) {
      case "EADDRINUSE":
        return new HmiStartError(
          "PORT_TAKEN",
          `The HMI cannot listen on ${address}: another program uses the port.`,
          "Choose another port for the HMI, or 0 for any free one; is an agent already running?",
          error,
        );
      case "EACCES":
        return new HmiStartError(
          "PORT_FORBIDDEN",
          `The HMI may not listen on ${address}.`,
          "Ports below 1024 need a privilege. Choose a port from 1024 on.",
          error,
        );
      case "EADDRNOTAVAIL":
      case "ENOTFOUND":
        return new HmiStartError(
          "HOST_UNKNOWN",
          `${host} is not an address of this machine.`,
          "Use 127.0.0.1 for this machine only, or 0.0.0.0 for every network.",
          error,
        );
      default:
        return new HmiStartError(
          "HMI_NOT_STARTED",
          `The HMI could not listen on ${address}: ${code ?? "unknown reason"}.`,
          "The agent works without it; the log has the cause.",
          error,
        );
    }
  }
}
