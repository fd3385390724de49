/** `raw`: the image itself. `detools`: a patch, which the ECU applies as it arrives. */
export type TransferKind = "raw" | "detools";

/** One way of getting an image into the inactive bank, as one installation uses it. */
export interface Transfer {
  readonly kind: TransferKind;
  /** Of the image or the patch. */
  readonly totalBytes: number;
  /** Whether it goes on with one that was cut off, so that nothing may be erased. Known after {@link findResume}. */
  readonly resumes: boolean;
  /** Bytes that the ECU had already. */
  readonly resumedAtBytes: number;
  /** Bytes that crossed the bus for good in this installation, of the image or the patch. */
  readonly transferredBytes: number;
  readonly repeatedBlocks: number;
  /** Asks the ECU where to go on. */
  findResume(): Promise<void>;
  /** @throws {InstallerError} `transfer-lost` */
  run(): Promise<void>;
}

/** The ECU does not take this delta, or made another image of it: the image itself may still go in. */
export class DeltaRefused extends Error {
  override readonly name = "DeltaRefused";
}
