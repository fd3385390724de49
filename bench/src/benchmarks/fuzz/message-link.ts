import { IsoTpError, type MessageReceiver, type MessageTransport } from "@halfshaft/vehicle-net/isotp";
import type { Clock } from "@halfshaft/vehicle-net/clock";

/** The layer below UDS in the hands of the fuzzer: it hears what is sent and says what arrives. */
export class MessageLink implements MessageTransport {
  readonly #clock: Clock;
  readonly #sent: (message: Uint8Array) => void;
  #receiver: MessageReceiver | undefined;
  /** Sends fail from now on. */
  breaksSends = false;

  constructor(clock: Clock, sent: (message: Uint8Array) => void) {
    this.#clock = clock;
    this.#sent = sent;
  }

  async send(message: Uint8Array): Promise<number> {
    if (this.breaksSends) throw new IsoTpError("N_TIMEOUT_A", "A frame had not left in time (N_TIMEOUT_A).");
    this.#sent(message);
    return this.#clock.now();
  }

  subscribe(receiver: MessageReceiver): () => void {
    this.#receiver = receiver;
    return () => {
      this.#receiver = undefined;
    };
  }

  async close(): Promise<void> {
    this.#receiver = undefined;
  }

  arrives(message: Uint8Array): void {
    this.#receiver?.message(message, this.#clock.now());
  }

  begins(length: number): void {
    this.#receiver?.started?.(length, this.#clock.now());
  }

  fails(): void {
    const error = new IsoTpError("N_TIMEOUT_Cr", "No consecutive frame came in time (N_TIMEOUT_Cr).");
    this.#receiver?.failed?.(error, this.#clock.now());
  }
}
