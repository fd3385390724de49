export type HttpErrorKind =
  | "unreachable"
  | "status"
  | "too-large"
  | "too-slow"
  | "interrupted"
  | "redirected"
  | "not-understood";

/** The cloud could not be read: how it failed, at which address, and the status where there was one. */
export class HttpError extends Error {
  override readonly name = "HttpError";
  readonly kind: HttpErrorKind;
  readonly url: string;
  readonly status: number | undefined;

  constructor(
    kind: HttpErrorKind,
    url: string,
    message: string,
    options?: { status?: number; cause?: unknown },
  ) {
    super(message, options?.cause === undefined ? undefined : { cause: options.cause });
    this.kind = kind;
    this.url = url;
    this.status = options?.status;
  }

  get isUnauthorised(): boolean {
    return this.status === 401 || this.status === 403;
  }

  /** Whether the same request may succeed later without anything being changed by a person. */
  get isPassing(): boolean {
    switch (this.kind) {
      case "unreachable":
      case "interrupted":
      case "too-slow":
        return true;
      case "status":
        return this.status === 408 || this.status === 429 || (this.status ?? 0) >= 500;
      default:
        return false;
    }
  }
}
