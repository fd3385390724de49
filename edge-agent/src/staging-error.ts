/** A file is not where it should be, or there is no room for it. */
export class StagingError extends Error {
  override readonly name = "StagingError";
  readonly code: "missing" | "no-space";
  readonly freeBytes: number;
  readonly neededBytes: number;

  constructor(code: "missing" | "no-space", message: string, bytes = { free: 0, needed: 0 }) {
    super(message);
    this.code = code;
    this.freeBytes = bytes.free;
    this.neededBytes = bytes.needed;
  }
}
