import { DEFAULT_ORGANISATION, newToken, type Database } from "@halfshaft/cloud-lite";

/** The vehicles of a benchmark; by number, from 0. */
export interface Fleet {
  readonly vehicles: number;
  /** Device token of each. */
  readonly tokens: readonly string[];
}

export const HARDWARE_ID = "BENCH-ENGINE";
export const vehicleIdOf = (number: number): string => `bench-${String(number).padStart(7, "0")}`;

export const MODELS = ["Corsa", "Tourer", "Vanette", "Works"];
export const REGIONS = ["eu-north", "eu-south", "us-east", "us-west", "jp"];
const organisationId = DEFAULT_ORGANISATION;
/** Vehicles in a transaction. */
const AT_ONCE = 250;

/**
 * Puts vehicles straight into the database, each with a gateway, an engine control that runs 1.0.0, and a device
 * token: over the API this would take the time of the whole benchmark.
 */
export async function seedFleet(db: Database, vehicles: number, at: number): Promise<Fleet> {
  const tokens: string[] = [];
  for (let from = 0; from < vehicles; from += AT_ONCE) {
    const numbers = Array.from({ length: Math.min(AT_ONCE, vehicles - from) }, (_, i) => from + i);
    const issued = numbers.map((number) => ({ number, ...newToken("device") }));
    tokens.push(...issued.map(({ token }) => token));
    await db.transaction().execute(async (tx) => {
      await tx
        .insertInto("vehicles")
        .values(numbers.map((number) => vehicleRow(number, at)))
        .execute();
      await tx
        .insertInto("vehicleGroups")
        .values(
          numbers.map((number) => ({
            organisationId,
            vehicleId: vehicleIdOf(number),
            groupName: `depot-${number % 50}`,
          })),
        )
        .execute();
      await tx.insertInto("ecus").values(numbers.flatMap(ecuRows)).execute();
      await tx
        .insertInto("credentials")
        .values(
          issued.map(({ number, prefix, digest }) => ({
            organisationId,
            credentialId: crypto.randomUUID(),
            kind: "device" as const,
            label: vehicleIdOf(number),
            vehicleId: vehicleIdOf(number),
            prefix,
            digest,
            createdAt: at,
            revokedAt: null,
          })),
        )
        .execute();
    });
  }
  return { vehicles, tokens };
}

const vehicleRow = (number: number, at: number) => ({
  organisationId,
  vehicleId: vehicleIdOf(number),
  vin: null,
  model: MODELS[number % MODELS.length]!,
  year: 2020 + (number % 7),
  region: REGIONS[number % REGIONS.length]!,
  desiredJobId: null,
  desiredRevision: 1,
  presence: null,
  lastSeenAt: null,
  manifestAt: null,
  createdAt: at + number,
});

const ecuRows = (number: number) => [
  {
    ...notReported(number),
    ecuId: `ENG-${number}`,
    name: "Engine control",
    hardwareId: HARDWARE_ID,
    kind: "uds" as const,
    version: "1.0.0",
    imageSha256: "1".repeat(64),
    releaseCounter: 1,
    position: 0,
  },
  {
    ...notReported(number),
    ecuId: `GW-${number}`,
    name: "Gateway",
    hardwareId: "BENCH-GATEWAY",
    kind: "gateway" as const,
    version: null,
    imageSha256: null,
    releaseCounter: null,
    position: 1,
  },
];

const notReported = (number: number) => ({
  organisationId,
  vehicleId: vehicleIdOf(number),
  activeBank: null,
  bootState: null,
  reportedAt: null,
});
