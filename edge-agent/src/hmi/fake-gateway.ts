import type { ConsentDecision, GatewayControls, GatewayState } from "../gateway-state.ts";

/** A gateway under a test's control: states are published by hand, calls are written down. */
export class FakeGateway implements GatewayControls {
  /** "decide JOB now", "check", "acknowledge JOB", in order. */
  readonly calls: string[] = [];
  /** What decisions and acknowledgements answer. */
  agrees = true;
  readonly #listeners = new Set<(state: GatewayState) => void>();
  #state: GatewayState;

  constructor(state: GatewayState) {
    this.#state = state;
  }

  get listenerCount(): number {
    return this.#listeners.size;
  }

  publish(state: GatewayState): void {
    this.#state = state;
    for (const listener of this.#listeners) listener(state);
  }

  subscribe(listener: (state: GatewayState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  current(): GatewayState {
    return this.#state;
  }

  async decide(jobId: string, decision: ConsentDecision): Promise<boolean> {
    this.calls.push(`decide ${jobId} ${decision}`);
    return this.agrees;
  }

  async check(): Promise<void> {
    this.calls.push("check");
  }

  async acknowledge(jobId: string): Promise<boolean> {
    this.calls.push(`acknowledge ${jobId}`);
    return this.agrees;
  }
}
