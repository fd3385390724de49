import { EventBatchResult, Offer, type Event, type VersionManifest, envelope } from "@halfshaft/ota-format";
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

  async #ask<T extends TSchema>(
    schema: T,
    route: string,
    request: Omit<HttpRequest, "url">,
  ): Promise<Static<T>> {
    const url = `${this.#url}/api/v1/device/${route}`;
    let bytes: Uint8Array;
    try {
      const answer = await this.#http.requestOk({ url, ...request });
      this.#onContact(true);
      bytes = await answer.bytes(MAX_ANSWER_BYTES);
    } catch (error) {
      if (error instanceof HttpError && error.kind !== "too-large") this.#onContact(error.kind === "status");
      throw error;
    }
    return read(schema, url, bytes);
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
