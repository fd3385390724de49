import type { ConsentDecision, GatewayState } from "@halfshaft/edge-agent";
import { BenchError } from "../bench-error.ts";

/** The HMI's API, as its page uses it. */
export class HmiClient {
  readonly url: string;

  constructor(url: string) {
    this.url = url;
  }

  async state(): Promise<GatewayState> {
    const response = await fetch(`${this.url}/api/hmi/state`);
    if (!response.ok) throw new BenchError("UNEXPECTED_RESULT", `the HMI answered ${response.status}`);
    return (await response.json()) as GatewayState;
  }

  async decide(jobId: string, decision: ConsentDecision): Promise<void> {
    const response = await fetch(`${this.url}/api/hmi/consent`, {
      method: "POST",
      headers: { "content-type": "application/json", origin: new URL(this.url).origin },
      body: JSON.stringify({ jobId, decision }),
    });
    if (!response.ok) {
      throw new BenchError("UNEXPECTED_RESULT", `the HMI refused "${decision}": ${await response.text()}`);
    }
  }
}
