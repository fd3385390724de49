import { randomUUID } from "node:crypto";
import type { Problem } from "@halfshaft/ota-format";
import { BenchError } from "../bench-error.ts";
import type { InjectFetch } from "../rig/inject-fetch.ts";

/** Body of a request: JSON, or bytes with their media type. */
type Body = { json: unknown } | { bytes: Uint8Array; contentType: string };

/** The operator's side of the cloud's API, as a script uses it. */
export class CloudClient {
  readonly url: string;
  readonly #key: string;
  readonly #fetch: InjectFetch;

  /** @param fetchFunction the network by default; a rig in one process calls the cloud directly */
  constructor(url: string, operatorKey: string, fetchFunction: InjectFetch = fetch) {
    this.url = url;
    this.#key = operatorKey;
    this.#fetch = fetchFunction;
  }

  /** @throws {BenchError} `CLOUD_REFUSED` with the problem's code, sentence and help. */
  async get<T>(path: string): Promise<T> {
    return ((await (await this.#request("GET", path)).json()) as { data: T }).data;
  }

  /** Bytes of a file behind the API. */
  async getBytes(path: string): Promise<Uint8Array> {
    return new Uint8Array(await (await this.#request("GET", path)).arrayBuffer());
  }

  async post<T>(path: string, json: unknown = {}): Promise<T> {
    return ((await (await this.#request("POST", path, { json })).json()) as { data: T }).data;
  }

  async put<T>(path: string, body: Body): Promise<T> {
    return ((await (await this.#request("PUT", path, body)).json()) as { data: T }).data;
  }

  async #request(method: string, path: string, body?: Body): Promise<Response> {
    const headers: Record<string, string> = { authorization: `Bearer ${this.#key}` };
    let payload: string | Uint8Array<ArrayBuffer> | undefined;
    if (body !== undefined) {
      headers["idempotency-key"] = randomUUID();
      headers["content-type"] = "json" in body ? "application/json" : body.contentType;
      payload = "json" in body ? JSON.stringify(body.json) : Uint8Array.from(body.bytes);
    }
    const response = await this.#fetch(`${this.url}${path}`, { method, headers, body: payload });
    if (response.ok) return response;
    const problem = (await response.json().catch(() => ({}))) as Partial<Problem>;
    throw new BenchError(
      "CLOUD_REFUSED",
      `${method} ${path}: ${response.status} ${problem.code ?? ""} ${problem.detail ?? response.statusText}`,
      { help: problem.help },
    );
  }
}
