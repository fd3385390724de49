import type { Flag, JsonText, Millis, Owned } from "../db/columns.ts";

interface HardwareTable extends Owned {
  hardwareId: string;
  title: string;
  regions: JsonText;
  createdAt: Millis;
  updatedAt: Millis;
}

interface ReleasesTable extends Owned {
  releaseId: string;
  name: string;
  headline: string;
  notes: string;
  state: "draft" | "published" | "withdrawn";
  /** RX Software Identification Numbers: a list of text. */
  rxswin: JsonText;
  createdAt: Millis;
  publishedAt: Millis | null;
  withdrawnAt: Millis | null;
  withdrawnBecause: string | null;
}

interface ImagesTable extends Owned {
  imageId: string;
  releaseId: string;
  hardwareId: string;
  version: string;
  versionKey: string;
  releaseCounter: number;
  length: number;
  sha256: string;
  sha512: string;
  segments: JsonText;
  requires: JsonText | null;
  /** Signed descriptor, base64; set when the release is published. */
  descriptor: string | null;
  published: Flag;
  createdAt: Millis;
}

interface DeltasTable extends Owned {
  deltaId: string;
  imageId: string;
  /** `none` for the image compressed, which has no base. */
  baseImageId: string;
  format: "bsdiff40" | "detools";
  /** `skipped`: made, but not smaller enough than the full image. */
  state: "pending" | "made" | "skipped" | "failed";
  length: number | null;
  sha256: string | null;
  /** Of the last attempt, also while the next one waits. */
  failure: string | null;
  /** How often making it has failed. */
  failures: number;
  /** Not to be tried before; null: at once. */
  retryAt: Millis | null;
  /** An instance is making it; after this time it has died. */
  claimedUntil: Millis | null;
  createdAt: Millis;
  finishedAt: Millis | null;
}

interface UploadsTable extends Owned {
  /** Of the whole file; an upload is named by what it is to become. */
  sha256: string;
  length: number;
  format: "bin" | "hex" | "srec" | null;
  /** Bytes that are kept so far. */
  received: number;
  createdBy: string;
  createdAt: Millis;
  touchedAt: Millis;
  /** When its digest was found right. */
  completedAt: Millis | null;
}

interface UploadPartsTable extends Owned {
  sha256: string;
  /** Of its first byte in the file. */
  position: number;
  /** Base64: text is what both engines keep alike. */
  bytes: string;
}

export interface ReleasesTables {
  uploads: UploadsTable;
  uploadParts: UploadPartsTable;
  hardware: HardwareTable;
  releases: ReleasesTable;
  images: ImagesTable;
  deltas: DeltasTable;
}
