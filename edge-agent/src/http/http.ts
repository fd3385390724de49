import type { Clock } from "@halfshaft/vehicle-net/clock";
import { HttpError } from "./http-error.ts";

/** What the agent needs of `fetch`: that of undici on the road, a direct call of the cloud in tests. */
export type FetchFunction = (
  url: string,
  init: {
    readonly method: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body?: string;
    readonly redirect: "manual";
    readonly signal: AbortSignal;
  },
) => Promise<Response>;

export interface HttpLimits {
  /** Without the first byte of an answer for so long, the request is given up. */
  readonly answerTimeoutMs: number;
  /** Over each window of `windowMs`, at least so many bytes must come, or the transfer is given up. */
  readonly minBytesPerWindow: number;
  readonly windowMs: number;
}

export const defaultLimits: HttpLimits = {
  answerTimeoutMs: 30_000,
  minBytesPerWindow: 1024,
  windowMs: 30_000,
};

export interface HttpOptions {
  readonly fetch: FetchFunction;
  /** Device token; sent with every request. */
  readonly token: string;
  readonly clock: Clock;
  readonly limits?: Partial<HttpLimits>;
}

export interface HttpRequest {
  readonly url: string;
  readonly method?: "GET" | "POST" | "PUT";
  readonly json?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** An answer whose body is read with limits. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** Pieces of the body as they come. @throws {HttpError} `interrupted`, `too-slow` */
  chunks(): AsyncGenerator<Uint8Array, void, undefined>;
  /** The whole body. @throws {HttpError} as `chunks`, and `too-large` before more than `maxBytes` are held */
  bytes(maxBytes: number): Promise<Uint8Array<ArrayBuffer>>;
}

/** HTTP towards one cloud: token with every request, no redirect followed, everything bounded in time and size. */
export class Http {
  readonly #options: HttpOptions;
  readonly #limits: HttpLimits;

  constructor(options: HttpOptions) {
    this.#options = options;
    this.#limits = { ...defaultLimits, ...options.limits };
  }

  /**
   * Sends a request and gives the answer, whatever its status below 300 or from 400 on.
   * @throws {HttpError} `unreachable`, `redirected`
   */
  async request({ url, method = "GET", json, headers, signal }: HttpRequest): Promise<HttpAnswer> {
    const { fetch, token, clock } = this.#options;
    const guard = new Guard(clock, signal);
    guard.expectWithin(this.#limits.answerTimeoutMs);
    try {
      const response = await clock.working(
        fetch(url, {
          method,
          headers: {
            authorization: `Bearer ${token}`,
            ...(json === undefined ? {} : { "content-type": "application/json" }),
            ...headers,
          },
          ...(json === undefined ? {} : { body: JSON.stringify(json) }),
          redirect: "manual",
          signal: guard.signal,
        }),
      );
      guard.stop();
      if (response.status >= 300 && response.status < 400 && response.status !== 304) {
        await response.body?.cancel();
        throw new HttpError("redirected", url, `${url} points elsewhere; redirects are not followed`, {
          status: response.status,
        });
      }
      return this.#answer(url, response, guard);
    } catch (cause) {
      guard.stop();
      signal?.throwIfAborted();
      if (cause instanceof HttpError) throw cause;
      throw new HttpError("unreachable", url, reasonOf(cause), { cause });
    }
  }

  /** As `request`, for an answer that must be positive. @throws {HttpError} `status` besides those of `request` */
  async requestOk(request: HttpRequest): Promise<HttpAnswer> {
    const answer = await this.request(request);
    if (answer.status < 300) return answer;
    const { status } = answer;
    throw new HttpError("status", request.url, `the cloud answered ${status}`, { status });
  }

  #answer(url: string, response: Response, guard: Guard): HttpAnswer {
    const limits = this.#limits;
    const { clock } = this.#options;
    async function* chunks(): AsyncGenerator<Uint8Array, void, undefined> {
      const reader = response.body?.getReader();
      if (reader === undefined) return;
      try {
        let inWindow = 0;
        guard.expectWithin(limits.windowMs);
        while (true) {
          const { done, value } = await clock.working(reader.read());
          if (done) return;
          inWindow += value.length;
          if (inWindow >= limits.minBytesPerWindow) {
            inWindow = 0;
            guard.expectWithin(limits.windowMs);
          }
          yield value;
        }
      } catch (cause) {
        guard.throwIfAborted();
        if (guard.isExpired) {
          const sentence = `fewer than ${limits.minBytesPerWindow} bytes came in ${limits.windowMs} ms`;
          throw new HttpError("too-slow", url, sentence, { cause });
        }
        throw new HttpError("interrupted", url, reasonOf(cause), { cause });
      } finally {
        guard.stop();
        // Ends the transfer where the caller has had enough; the error of a broken stream has been told already.
        await reader.cancel().catch(() => undefined);
      }
    }
    return {
      status: response.status,
      headers: response.headers,
      chunks,
      async bytes(maxBytes) {
        const parts: Uint8Array[] = [];
        let length = 0;
        for await (const chunk of chunks()) {
          length += chunk.length;
          if (length > maxBytes) {
            throw new HttpError("too-large", url, `the answer is longer than ${maxBytes} bytes`);
          }
          parts.push(chunk);
        }
        return Uint8Array.from(Buffer.concat(parts));
      },
    };
  }
}

/** One signal out of the caller's and a deadline that moves on. */
class Guard {
  readonly #clock: Clock;
  readonly #outer: AbortSignal | undefined;
  readonly #deadline = new AbortController();
  #stop = (): void => {};
  readonly signal: AbortSignal;

  constructor(clock: Clock, outer?: AbortSignal) {
    this.#clock = clock;
    this.#outer = outer;
    this.signal =
      outer === undefined ? this.#deadline.signal : AbortSignal.any([outer, this.#deadline.signal]);
  }

  get isExpired(): boolean {
    return this.#deadline.signal.aborted;
  }

  expectWithin(timeoutMs: number): void {
    this.#stop();
    const timer = this.#clock.after(timeoutMs, () =>
      this.#deadline.abort(new HttpError("unreachable", "", `no answer within ${timeoutMs} ms`)),
    );
    this.#stop = () => timer.cancel();
  }

  stop(): void {
    this.#stop();
  }

  throwIfAborted(): void {
    this.#outer?.throwIfAborted();
  }
}

/** What the innermost cause says: undici's own message is only "fetch failed". */
function reasonOf(error: unknown): string {
  let reason = String(error);
  for (let at = error; at instanceof Error; at = at.cause) if (at.message !== "") reason = at.message;
  return reason;
}
