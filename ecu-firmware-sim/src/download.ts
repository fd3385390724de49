/** A download between 34 and 37. */
export interface Download {
  /** maxNumberOfBlockLength: longest message of 36, service identifier and counter included. */
  readonly maxBlockBytes: number;
  /** Bytes that have not come yet. */
  readonly missing: number;
  /**
   * Takes the next block, of at most `missing` bytes, and notes for good what a power cut may not take away.
   * @throws {FlashError}
   * @throws {DeltaError} for a patch that cannot be applied
   * @throws {PowerLost}
   */
  take(data: Uint8Array): Promise<void>;
  /** Nothing is missing: completes the download and notes it. Throws as {@link take}. */
  end(): Promise<void>;
}
