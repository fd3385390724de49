import { DownloadHTTPError, DownloadLengthMismatchError } from "tuf-js/dist/error.js";
import type { Fetcher } from "tuf-js";
import type { Http } from "../http/http.ts";
import { HttpError } from "../http/http-error.ts";

/** A metadata file as it came, before anyone checked it. */
export interface FetchedFile {
  /** `timestamp`, `snapshot`, `targets`, `root` or the name of a delegated role. */
  readonly role: string;
  readonly bytes: Uint8Array;
}

/**
 * Brings metadata for tuf-js: no redirects, limits on size and time, device token. It remembers what it brought
 * last and what it could not bring, because tuf-js turns both into text.
 */
export class MetadataFetcher implements Fetcher {
  readonly #http: Http;
  readonly #signal: AbortSignal;
  /** The file that was asked for last: the one that an error is about. */
  last: FetchedFile | undefined;
  failure: HttpError | undefined;

  constructor(http: Http, signal: AbortSignal) {
    this.#http = http;
    this.#signal = signal;
  }

  async downloadBytes(url: string, maxLength: number): Promise<Buffer> {
    const role = roleOf(url);
    this.last = { role, bytes: new Uint8Array() };
    try {
      const answer = await this.#http.requestOk({ url, signal: this.#signal });
      const bytes = await answer.bytes(maxLength);
      this.last = { role, bytes };
      return Buffer.from(bytes);
    } catch (error) {
      if (!(error instanceof HttpError)) throw error;
      // A root that is not there ends the chain of roots (TUF 1.0.33, 5.3.3): tuf-js knows it by this error.
      if (role === "root" && error.status === 404) throw new DownloadHTTPError(error.message, 404);
      if (error.kind === "too-large") throw new DownloadLengthMismatchError(error.message);
      this.failure = error;
      throw error;
    }
  }

  /** Images are fetched by the download step, which resumes; tuf-js never gets here. */
  async downloadFile<T>(url: string): Promise<T> {
    throw new HttpError("not-understood", url, "images are not downloaded with the metadata");
  }
}

/** `…/12.snapshot.json` → `snapshot`. */
function roleOf(url: string): string {
  const file = url.slice(url.lastIndexOf("/") + 1);
  return decodeURIComponent(file.replace(/^\d+\./, "").replace(/\.json$/, ""));
}
