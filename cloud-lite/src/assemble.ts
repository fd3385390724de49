import { identityProviderOf } from "./access/identity-provider.ts";
import { createDeviceFinder } from "./access/devices.ts";
import type { ArtifactStore } from "./artifacts/store.ts";
import { ADMIN, issueOperatorKey } from "./access/first-operator.ts";
import { appendAudit } from "./audit/store.ts";
import type { About } from "./background.ts";
import { createReconciler } from "./campaigns/reconciler.ts";
import type { Cloud } from "./cloud.ts";
import type { CloudConfig } from "./config.ts";
import type { Database } from "./db/database.ts";
import { DEFAULT_ORGANISATION } from "./db/open.ts";
import { createLiveFeed } from "./live/feed.ts";
import { createMetrics } from "./plugins/metrics.ts";
import type { DeltaCreator } from "./releases/deltas/delta-creator.ts";
import { createDeltaMaker } from "./releases/deltas/delta-maker.ts";
import { createIntake } from "./telemetry/intake.ts";
import { createDirectorRoot } from "./trust/director-repository.ts";
import { createImageRepository, imageScope } from "./trust/image-repository.ts";
import type { Signers } from "./trust/keys.ts";
import { holdRepository } from "./trust/metadata-store.ts";
import { checkKeys, isFounded } from "./trust/owner.ts";
import { noTracing, type Tracing } from "./tracing/tracing.ts";
import { createLastSeen } from "./vehicles/presence/last-seen.ts";
import { createVehicleNumbers } from "./vehicles/presence/vehicle-numbers.ts";

/** The parts of a cloud that differ between a data folder, a test, and a rig in virtual time. */
export interface CloudParts {
  readonly config: CloudConfig;
  readonly now: () => number;
  readonly db: Database;
  readonly artifacts: ArtifactStore;
  readonly signers: Signers;
  readonly deltaCreator: () => DeltaCreator;
  readonly wakeUp: (vehicleId: string) => void;
  /** Left out: no traces. */
  readonly tracing?: Tracing;
  /** For what fails in the background, where nobody waits for an answer. */
  readonly onError: (error: unknown, work: string, about?: About) => void;
}

export function assembleCloud(parts: CloudParts): Cloud {
  const { config, now, db, artifacts, signers, wakeUp } = parts;
  const failed =
    (work: string) =>
    (error: unknown, about?: About): void =>
      parts.onError(error, work, about);
  const metrics = createMetrics();
  const vehicleNumbers = createVehicleNumbers();
  const deltas = createDeltaMaker({
    db,
    artifacts,
    signers,
    metrics,
    now,
    creator: parts.deltaCreator,
    onError: failed("deltas"),
  });
  const cloud: Cloud = {
    config,
    now,
    db,
    identityProvider: identityProviderOf(config, now),
    artifacts,
    signers,
    deltas,
    vehicleNumbers,
    findDevice: createDeviceFinder(db, now, vehicleNumbers),
    lastSeen: createLastSeen(db, vehicleNumbers),
    intake: createIntake(() => cloud, config.eventsWaiting, config.eventQuota),
    metrics,
    tracing: parts.tracing ?? noTracing,
    live: createLiveFeed(db, failed("live streams")),
    campaigns: createReconciler(() => cloud, failed("campaigns")),
    wakeUp,
  };
  return cloud;
}

/**
 * The first ceremony in a database: both roots, where there are none yet, and an operator key.
 * @param keys where the signers come from, for a person.
 * @returns the operator key, which is kept nowhere.
 * @throws {Refusal} KEYS_FOREIGN where there are roots, of other keys.
 */
export async function initialise(
  db: Database,
  signers: Signers,
  at: number,
  keys = "memory",
): Promise<{ operatorKey: string }> {
  return db.transaction().execute(async (tx) => {
    const scope = imageScope(tx, DEFAULT_ORGANISATION, at);
    await holdRepository(scope);
    if (await isFounded(tx, DEFAULT_ORGANISATION)) {
      await checkKeys(tx, DEFAULT_ORGANISATION, signers, keys);
    } else {
      await createImageRepository(scope, signers);
      await createDirectorRoot(tx, DEFAULT_ORGANISATION, at, signers);
    }
    const organisationId = DEFAULT_ORGANISATION;
    const label = "first operator";
    const issued = await issueOperatorKey(tx, { organisationId, name: ADMIN, label, at });
    await appendAudit(tx, {
      organisationId,
      at,
      actor: { kind: "cloud", id: "init" },
      requestId: "-",
      note: {
        action: "cloud.initialised",
        subjectKind: "credential",
        subjectId: issued.credentialId,
        payload: null,
      },
    });
    return { operatorKey: issued.token };
  });
}
