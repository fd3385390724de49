import {
  DesiredState,
  envelope,
  EventBatchResult,
  Offer,
  type Event,
  type ReportedState,
  type VersionManifest,
} from "@halfshaft/ota-format";
import { Type, type Static, type TSchema } from "typebox";
import { Value } from "typebox/value";
import type { Http, HttpRequest } from "./http/http.ts";
import { HttpError } from "./http/http-error.ts";
import { schemaProblem } from "./schema-problem.ts";

const MAX_ANSWER_BYTES = 256 * 1024;
const Nothing = Type.Unknown();

/** The cloud's device routes. Every method throws `HttpError`, and tells `onContact` whether the cloud answered. */
export class CloudApi {
  readonly #http: Http;
  readonly #url: string;
  readonly #onContact: (answered: boolean) => void;

  constructor(http: Http, cloudUrl: string, onContact: (answered: boolean) => void) {
    this.#http = http;
    this.#url = cloudUrl;
    this.#onContact = onContact;
  }

  async offer(signal: AbortSignal): Promise<Offer | undefined> {
    const offer = await this.#ask(Type.Union([Offer, Type.Null()]), "offer", { signal });
    return offer ?? undefined;
  }

  postEvents(events: readonly Event[], signal: AbortSignal): Promise<EventBatchResultBody> {
    return this.#ask(EventBatchResult, "events", { method: "POST", json: { events }, signal });
  }

  async putManifest(manifest: VersionManifest, signal: AbortSignal): Promise<void> {
    await this.#ask(Nothing, "version-manifest", { method: "PUT", json: manifest, signal });
  }

  /** With the ETag of what is known already: undefined where that still holds. */
  async desiredState(
    etag: string | undefined,
    signal: AbortSignal,
  ): Promise<{ etag: string; state: DesiredState } | undefined> {
    const url = this.#urlOf("desired-state");
    const headers: Record<string, string> = etag === undefined ? {} : { "if-none-match": etag };
    const answer = await this.#reach(() => this.#http.request({ url, headers, signal }));
    if (answer.status === 304) return undefined;
    if (answer.status >= 300) {
      const { status } = answer;
      throw new HttpError("status", url, `the cloud answered ${status}`, { status });
    }
    const state = read(DesiredState, url, await this.#reach(() => answer.bytes(MAX_ANSWER_BYTES)));
    return { etag: answer.headers.get("etag") ?? "", state };
  }

  async putReportedState(report: ReportedState, signal: AbortSignal): Promise<void> {
    await this.#ask(Nothing, "reported-state", { method: "PUT", json: report, signal });
  }

  async #ask<T extends TSchema>(
    schema: T,
    route: string,
    request: Omit<HttpRequest, "url">,
  ): Promise<Static<T>> {
    const url = this.#urlOf(route);
    const bytes = await this.#reach(async () => {
      const answer = await this.#http.requestOk({ url, ...request });
      return answer.bytes(MAX_ANSWER_BYTES);
    });
    return read(schema, url, bytes);
  }

  /** Tells whether the cloud answered, also where it did not do what it was asked for. */
  async #reach<T>(work: () => Promise<T>): Promise<T> {
    try {
      const result = await work();
      this.#onContact(true);
      return result;
    } catch (error) {
      if (error instanceof HttpError && error.kind !== "too-large") this.#onContact(error.kind === "status");
      throw error;
    }
  }

  #urlOf(route: string): string {
    return `${this.#url}/api/v1/device/${route}`;
  }
}

type EventBatchResultBody = Static<typeof EventBatchResult>;

const AnyEnvelope = envelope(Type.Unknown());

function read<T extends TSchema>(schema: T, url: string, bytes: Uint8Array): Static<T> {
  let body: unknown;
  try {
    body = JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw new HttpError("not-understood", url, "the cloud's answer is not JSON", { cause });
  }
  if (!Value.Check(AnyEnvelope, body)) throw misfit(AnyEnvelope, url, body);
  const { data } = body;
  if (!Value.Check(schema, data)) throw misfit(schema, url, data);
  return data;
}

function misfit(schema: TSchema, url: string, value: unknown): HttpError {
  const reason = schemaProblem(schema, value);
  return new HttpError("not-understood", url, `the cloud's answer does not fit: ${reason}`);
}
