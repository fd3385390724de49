import { sql, type Kysely } from "kysely";
import type { Migration } from "kysely/migration";
import { onPostgres } from "../engine.ts";
import { createIndex, createTable, type NewIndex, type NewTable } from "./columns.ts";

const TABLES: Readonly<Record<string, NewTable>> = {
  organisations: { columns: { name: "text", createdAt: "integer" }, key: [] },
  credentials: {
    columns: {
      credentialId: "text",
      kind: "text",
      label: "text",
      vehicleId: "text?",
      prefix: "text",
      digest: "text",
      createdAt: "integer",
      revokedAt: "integer?",
    },
    key: ["credentialId"],
  },
  idempotencyKeys: {
    columns: {
      credentialId: "text",
      key: "text",
      fingerprint: "text",
      status: "integer",
      body: "text?",
      createdAt: "integer",
    },
    key: ["credentialId", "key"],
  },
  auditEntries: {
    columns: {
      seq: "integer",
      auditId: "text",
      at: "integer",
      actorKind: "text",
      actorId: "text",
      action: "text",
      subjectKind: "text",
      subjectId: "text",
      requestId: "text",
      payloadDigest: "text",
      previousHash: "text",
      hash: "text",
    },
    key: ["seq"],
  },
  auditPayloads: { columns: { auditId: "text", salt: "text", payload: "text" }, key: ["auditId"] },
  hardware: {
    columns: {
      hardwareId: "text",
      title: "text",
      regions: "text",
      createdAt: "integer",
      updatedAt: "integer",
    },
    key: ["hardwareId"],
  },
  vehicles: {
    columns: {
      vehicleId: "text",
      vin: "text?",
      model: "text?",
      year: "integer?",
      region: "text?",
      desiredJobId: "text?",
      desiredRevision: "integer",
      presence: "text?",
      lastSeenAt: "integer?",
      manifestAt: "integer?",
      createdAt: "integer",
    },
    key: ["vehicleId"],
  },
  vehicleGroups: { columns: { vehicleId: "text", groupName: "text" }, key: ["vehicleId", "groupName"] },
  ecus: {
    columns: {
      vehicleId: "text",
      ecuId: "text",
      name: "text",
      hardwareId: "text",
      kind: "text",
      position: "integer",
      version: "text?",
      imageSha256: "text?",
      releaseCounter: "integer?",
      activeBank: "text?",
      bootState: "text?",
      reportedAt: "integer?",
    },
    key: ["vehicleId", "ecuId"],
  },
  versionManifests: {
    columns: { manifestId: "text", vehicleId: "text", receivedAt: "integer", body: "text" },
    key: ["manifestId"],
  },
  releases: {
    columns: {
      releaseId: "text",
      name: "text",
      headline: "text",
      notes: "text",
      state: "text",
      createdAt: "integer",
      publishedAt: "integer?",
    },
    key: ["releaseId"],
  },
  images: {
    columns: {
      imageId: "text",
      releaseId: "text",
      hardwareId: "text",
      version: "text",
      versionKey: "text",
      releaseCounter: "integer",
      length: "integer",
      sha256: "text",
      sha512: "text",
      segments: "text",
      descriptor: "text?",
      published: "integer",
      createdAt: "integer",
    },
    key: ["imageId"],
  },
  deltas: {
    columns: {
      deltaId: "text",
      imageId: "text",
      baseImageId: "text",
      format: "text",
      state: "text",
      length: "integer?",
      sha256: "text?",
      failure: "text?",
      createdAt: "integer",
      finishedAt: "integer?",
    },
    key: ["deltaId"],
  },
  tufMetadata: {
    columns: {
      repository: "text",
      role: "text",
      version: "integer",
      expiresAt: "integer",
      revision: "integer",
      body: "text",
    },
    key: ["repository", "role", "version"],
  },
  tufTargets: {
    columns: {
      repository: "text",
      path: "text",
      role: "text",
      length: "integer",
      sha256: "text",
      sha512: "text",
      custom: "text",
      createdAt: "integer",
    },
    key: ["repository", "path"],
  },
  campaigns: {
    columns: {
      campaignId: "text",
      name: "text",
      releaseId: "text",
      target: "text",
      consent: "text",
      safetyPolicy: "text",
      state: "text",
      skipped: "text",
      createdAt: "integer",
      startedAt: "integer?",
      endedAt: "integer?",
    },
    key: ["campaignId"],
  },
  phases: {
    columns: {
      phaseId: "text",
      campaignId: "text",
      position: "integer",
      name: "text",
      startedAt: "integer?",
    },
    key: ["phaseId"],
  },
  jobs: {
    columns: {
      jobId: "text",
      campaignId: "text",
      phaseId: "text",
      releaseId: "text",
      vehicleId: "text",
      attempt: "integer",
      status: "text",
      stage: "text?",
      outcome: "text?",
      failure: "text?",
      manifest: "text?",
      manifestNote: "text?",
      withdrawnAt: "integer?",
      createdAt: "integer",
      offeredAt: "integer?",
      expiresAt: "integer?",
      startedAt: "integer?",
      endedAt: "integer?",
    },
    key: ["jobId"],
  },
  jobEcus: {
    columns: {
      jobId: "text",
      ecuId: "text",
      name: "text",
      hardwareId: "text",
      imageId: "text",
      version: "text",
      sha256: "text",
      position: "integer",
      versionBefore: "text?",
      sha256Before: "text?",
    },
    key: ["jobId", "ecuId"],
  },
};

const INDEXES: Readonly<Record<string, NewIndex>> = {
  credentialsPrefix: { table: "credentials", columns: ["prefix"], unique: true },
  vehiclesVin: { table: "vehicles", columns: ["organisationId", "vin"], unique: true },
  vehicleGroupsName: { table: "vehicleGroups", columns: ["organisationId", "groupName"] },
  ecusHardware: { table: "ecus", columns: ["organisationId", "hardwareId"] },
  manifestsVehicle: { table: "versionManifests", columns: ["organisationId", "vehicleId"] },
  imagesRelease: { table: "images", columns: ["organisationId", "releaseId", "hardwareId"], unique: true },
  imagesDigest: { table: "images", columns: ["organisationId", "sha256"] },
  deltasPair: {
    table: "deltas",
    columns: ["organisationId", "imageId", "baseImageId", "format"],
    unique: true,
  },
  phasesOrder: { table: "phases", columns: ["organisationId", "campaignId", "position"], unique: true },
  jobsAttempt: {
    table: "jobs",
    columns: ["organisationId", "campaignId", "vehicleId", "attempt"],
    unique: true,
  },
  jobsVehicle: { table: "jobs", columns: ["organisationId", "vehicleId", "status"] },
  jobsStatus: { table: "jobs", columns: ["organisationId", "campaignId", "status"] },
  eventsId: { table: "events", columns: ["organisationId", "eventId"], unique: true },
  eventsOrder: {
    table: "events",
    columns: ["organisationId", "vehicleId", "streamEpoch", "seq"],
    unique: true,
  },
  eventsJob: { table: "events", columns: ["organisationId", "jobId"] },
};

async function createTables(db: Kysely<unknown>): Promise<void> {
  for (const [table, made] of Object.entries(TABLES)) await createTable(db, table, made);
  const postgres = onPostgres(db);
  await db.schema
    .createTable("events")
    // SQLite numbers rows by itself only for exactly "integer primary key"; PostgreSQL's integer ends too soon.
    .addColumn("arrival", postgres ? "bigint" : "integer", (c) =>
      postgres ? c.generatedByDefaultAsIdentity().primaryKey() : c.primaryKey().autoIncrement(),
    )
    .addColumn("organisationId", "text", (c) => c.notNull())
    .addColumn("eventId", "text", (c) => c.notNull())
    .addColumn("vehicleId", "text", (c) => c.notNull())
    .addColumn("streamEpoch", "text", (c) => c.notNull())
    .addColumn("seq", "bigint", (c) => c.notNull())
    .addColumn("jobId", "text")
    .addColumn("type", "text", (c) => c.notNull())
    .addColumn("at", "bigint", (c) => c.notNull())
    .addColumn("receivedAt", "bigint", (c) => c.notNull())
    .addColumn("body", "text", (c) => c.notNull())
    .execute();
}

export const beginning: Migration = {
  async up(db: Kysely<unknown>) {
    await createTables(db);
    for (const [name, index] of Object.entries(INDEXES)) await createIndex(db, name, index);
    // A released version is taken for good; drafts may still share one.
    await db.schema
      .createIndex("imagesPublished")
      .unique()
      .on("images")
      .columns(["organisationId", "hardwareId", "version"])
      .where(sql.ref("published"), "=", sql.lit(1))
      .execute();
  },
};
