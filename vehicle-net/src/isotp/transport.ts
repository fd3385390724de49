/** What UDS needs from the layer below: whole messages between one client and one server. */
export interface MessageTransport {
  /**
   * Sends one message. Resolves with the clock's time (ms) at which its last frame had left (N_USData.con).
   * @throws {IsoTpError} with the fault of ISO 15765-2 that ended the transmission.
   */
  send(message: Uint8Array): Promise<number>;
  /** Receives messages until the returned function is called. */
  subscribe(receiver: MessageReceiver): () => void;
  close(): Promise<void>;
}

export interface MessageReceiver {
  /** A complete message; `atMs` is the end of its last frame. */
  message(message: Uint8Array, atMs: number): void;
  /** The first frame of a longer message has arrived (N_USDataFF.ind): UDS's P2 stops here. */
  started?(length: number, atMs: number): void;
  /** Reception failed: `IsoTpError` with its fault. */
  failed?(error: Error, atMs: number): void;
}
