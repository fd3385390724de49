import type { Problem } from "@halfshaft/ota-format";

/** Asks the gateway for something; resolves to the sentence of its refusal, undefined when it agreed. */
export async function post(path: string, body: object, unreachable: string): Promise<string | undefined> {
  try {
    const response = await fetch(`api/hmi/${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    if (response.ok) return undefined;
    const { detail, help } = (await response.json()) as Problem;
    return `${detail} ${help}`.length <= 120 ? `${detail} ${help}` : detail;
  } catch {
    // No gateway, or an answer that is not its own; the stream finds out which and for how long.
    return unreachable;
  }
}
