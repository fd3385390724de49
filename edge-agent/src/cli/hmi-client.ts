import type { Problem } from "@halfshaft/ota-format";
import { AgentError } from "../agent-error.ts";
import type { ConsentDecision, GatewayState } from "../gateway-state.ts";

/** The running agent, asked through its HMI's API like the page does. */
export class HmiClient {
  readonly #url: string;

  constructor(url: string) {
    this.#url = url.replace(/\/$/, "");
  }

  /** @throws {AgentError} `AGENT_NOT_RUNNING` */
  async state(): Promise<GatewayState> {
    const response = await this.#fetch("state");
    return (await response.json()) as GatewayState;
  }

  /** @throws {AgentError} `NO_OPEN_DECISION` where the job does not wait for this decision */
  async decide(jobId: string, decision: ConsentDecision): Promise<void> {
    const response = await this.#fetch("consent", { jobId, decision });
    if (response.ok) return;
    const { detail, help } = (await response.json()) as Problem;
    throw new AgentError("NO_OPEN_DECISION", detail, help);
  }

  async #fetch(route: string, json?: unknown): Promise<Response> {
    try {
      return await fetch(`${this.#url}/api/hmi/${route}`, {
        method: json === undefined ? "GET" : "POST",
        headers: { "content-type": "application/json", origin: new URL(this.#url).origin },
        ...(json === undefined ? {} : { body: JSON.stringify(json) }),
      });
    } catch (cause) {
      throw new AgentError(
        "AGENT_NOT_RUNNING",
        `No agent answers at ${this.#url}.`,
        "Start it with `agent run --data DIR`.",
        { cause },
      );
    }
  }
}
