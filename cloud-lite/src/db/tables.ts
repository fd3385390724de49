import type { Generated } from "kysely";

/** Columns are snake_case in SQL and camelCase here. Times are UTC ms, JSON is text, booleans are 0/1. */
type Millis = number;
type JsonText = string;
type Flag = 0 | 1;

interface Owned {
  organisationId: string;
}

interface OrganisationsTable extends Owned {
  name: string;
  createdAt: Millis;
}

interface CredentialsTable extends Owned {
  credentialId: string;
  kind: "operator" | "device";
  label: string;
  vehicleId: string | null;
  /** Looked up by this part; only the digest of the whole token is kept. */
  prefix: string;
  digest: string;
  createdAt: Millis;
  revokedAt: Millis | null;
}

interface IdempotencyKeysTable extends Owned {
  credentialId: string;
  key: string;
  fingerprint: string;
  status: number;
  /** The answer as it was sent; null where it held a secret. */
  body: JsonText | null;
  createdAt: Millis;
}

interface AuditEntriesTable extends Owned {
  seq: number;
  auditId: string;
  at: Millis;
  actorKind: "operator" | "vehicle" | "cloud";
  actorId: string;
  action: string;
  subjectKind: string;
  subjectId: string;
  requestId: string;
  payloadDigest: string;
  previousHash: string;
  hash: string;
}

interface AuditPayloadsTable extends Owned {
  auditId: string;
  salt: string;
  payload: JsonText;
}

interface HardwareTable extends Owned {
  hardwareId: string;
  title: string;
  regions: JsonText;
  createdAt: Millis;
  updatedAt: Millis;
}

interface VehiclesTable extends Owned {
  vehicleId: string;
  vin: string | null;
  model: string | null;
  year: number | null;
  region: string | null;
  /** The job whose software the Director describes. */
  desiredJobId: string | null;
  /** Rises with every change of what the Director must sign. */
  desiredRevision: number;
  presence: "online" | "offline" | null;
  lastSeenAt: Millis | null;
  manifestAt: Millis | null;
  createdAt: Millis;
}

interface VehicleGroupsTable extends Owned {
  vehicleId: string;
  groupName: string;
}

interface EcusTable extends Owned {
  vehicleId: string;
  ecuId: string;
  name: string;
  hardwareId: string;
  kind: "uds" | "gateway";
  position: number;
  version: string | null;
  imageSha256: string | null;
  releaseCounter: number | null;
  activeBank: "A" | "B" | null;
  bootState: "committed" | "trial" | "fellBack" | "unknown" | null;
  reportedAt: Millis | null;
}

interface VersionManifestsTable extends Owned {
  manifestId: string;
  vehicleId: string;
  receivedAt: Millis;
  body: JsonText;
}

interface ReleasesTable extends Owned {
  releaseId: string;
  name: string;
  headline: string;
  notes: string;
  state: "draft" | "published" | "withdrawn";
  createdAt: Millis;
  publishedAt: Millis | null;
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
  /** Signed descriptor, base64; set when the release is published. */
  descriptor: string | null;
  published: Flag;
  createdAt: Millis;
}

interface DeltasTable extends Owned {
  deltaId: string;
  imageId: string;
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
  createdAt: Millis;
  finishedAt: Millis | null;
}

interface TufMetadataTable extends Owned {
  /** `image`, or `director/` and the vehicle id. */
  repository: string;
  role: string;
  version: number;
  expiresAt: Millis;
  /** What was signed for: a revision of the vehicle's desired software, or 0. */
  revision: number;
  body: string;
}

interface TufTargetsTable extends Owned {
  repository: string;
  path: string;
  role: "targets" | "transport";
  length: number;
  sha256: string;
  sha512: string;
  custom: JsonText;
  createdAt: Millis;
}

interface CampaignsTable extends Owned {
  campaignId: string;
  name: string;
  releaseId: string;
  target: JsonText;
  consent: JsonText;
  safetyPolicy: JsonText;
  state: "draft" | "active" | "paused" | "completed" | "aborted";
  /** Vehicles of the target that got no job, by reason. */
  skipped: JsonText;
  createdAt: Millis;
  startedAt: Millis | null;
  endedAt: Millis | null;
}

interface PhasesTable extends Owned {
  phaseId: string;
  campaignId: string;
  position: number;
  name: string;
  startedAt: Millis | null;
}

interface JobsTable extends Owned {
  jobId: string;
  campaignId: string;
  phaseId: string;
  releaseId: string;
  vehicleId: string;
  attempt: number;
  status: "queued" | "offered" | "active" | "succeeded" | "rolledBack" | "failed" | "declined" | "expired";
  stage: string | null;
  /** As the vehicle reported it; `status` says whether its version manifest agrees. */
  outcome: string | null;
  failure: JsonText | null;
  manifest: "agrees" | "disagrees" | null;
  manifestNote: JsonText | null;
  withdrawnAt: Millis | null;
  createdAt: Millis;
  offeredAt: Millis | null;
  expiresAt: Millis | null;
  startedAt: Millis | null;
  endedAt: Millis | null;
}

interface JobEcusTable extends Owned {
  jobId: string;
  ecuId: string;
  name: string;
  hardwareId: string;
  imageId: string;
  version: string;
  sha256: string;
  position: number;
  versionBefore: string | null;
  sha256Before: string | null;
}

interface EventsTable extends Owned {
  /** Order of arrival. */
  arrival: Generated<number>;
  eventId: string;
  vehicleId: string;
  streamEpoch: string;
  seq: number;
  jobId: string | null;
  type: string;
  at: Millis;
  receivedAt: Millis;
  body: JsonText;
}

export interface Tables {
  organisations: OrganisationsTable;
  credentials: CredentialsTable;
  idempotencyKeys: IdempotencyKeysTable;
  auditEntries: AuditEntriesTable;
  auditPayloads: AuditPayloadsTable;
  hardware: HardwareTable;
  vehicles: VehiclesTable;
  vehicleGroups: VehicleGroupsTable;
  ecus: EcusTable;
  versionManifests: VersionManifestsTable;
  releases: ReleasesTable;
  images: ImagesTable;
  deltas: DeltasTable;
  tufMetadata: TufMetadataTable;
  tufTargets: TufTargetsTable;
  campaigns: CampaignsTable;
  phases: PhasesTable;
  jobs: JobsTable;
  jobEcus: JobEcusTable;
  events: EventsTable;
}
