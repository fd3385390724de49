import { promisify } from "node:util";
import { EventBatch } from "@halfshaft/ota-format";
import type { Device } from "../access/device-rows.ts";
import type { Vehicle } from "../access/store.ts";
import type { Cloud } from "../cloud.ts";
import { DEFAULT_ORGANISATION } from "../db/open.ts";
import { bodyFaults } from "../plugins/lazy-validators.ts";
import { newRequestId } from "../plugins/request-id.ts";
import { validationSentence } from "../plugins/validation-sentence.ts";
import { Refusal } from "../refusals.ts";
import { findVehicleId } from "../vehicles/store.ts";

/** Nothing that came by MQTT may be larger than what HTTPS takes. */
const MAX_BATCH_BYTES = 1024 * 1024;

/**
 * Takes batches of events that came by MQTT, for as long as the token counts with which the vehicle connected. A full
 * queue makes them wait: the vehicle has no acknowledgement meanwhile, and sends no more than it may without.
 * @throws {Refusal} CREDENTIALS_INVALID, BODY_TOO_LARGE, BODY_NOT_JSON, REQUEST_INVALID or TELEMETRY_QUOTA
 */
export function createMqttIntake(cloud: () => Cloud): (token: string, payload: Uint8Array) => Promise<void> {
  return async (token, payload) => {
    const device = await promisify<string, Device | undefined>(cloud().findDevice)(token);
    if (!device) throw new Refusal("CREDENTIALS_INVALID");
    await take(cloud(), device.actor, payload);
  };
}

/**
 * As `createMqttIntake`, where a broker that others run says which vehicle it is.
 * @throws {Refusal} VEHICLE_UNKNOWN, BODY_TOO_LARGE, BODY_NOT_JSON, REQUEST_INVALID or TELEMETRY_QUOTA
 */
export function createBrokerIntake(
  cloud: () => Cloud,
): (vehicleId: string, payload: Uint8Array) => Promise<void> {
  return async (vehicleId, payload) => {
    const organisationId = DEFAULT_ORGANISATION;
    await findVehicleId(cloud().db, organisationId, vehicleId);
    const actor = { kind: "vehicle", organisationId, credentialId: BROKER, vehicleId } as const;
    await take(cloud(), actor, payload);
  };
}

/** In place of a credential of the vehicle's own. */
const BROKER = "mqtt-broker";
const batchFaults = bodyFaults(EventBatch);

async function take(cloud: Cloud, actor: Vehicle, payload: Uint8Array): Promise<void> {
  if (payload.length > MAX_BATCH_BYTES) throw new Refusal("BODY_TOO_LARGE", { limit: MAX_BATCH_BYTES });
  const batch = parse(payload);
  cloud.lastSeen.note(cloud.vehicleNumbers.of(actor.organisationId, actor.vehicleId), cloud.now());
  await cloud.intake.takeInTurn({ actor, requestId: newRequestId(), events: batch.events });
}

/** @throws {Refusal} BODY_NOT_JSON, or REQUEST_INVALID with what HTTPS says of such a body */
function parse(payload: Uint8Array): EventBatch {
  const batch = parseJson(payload);
  const faults = batchFaults(batch);
  if (faults.length > 0) throw new Refusal("REQUEST_INVALID", { reason: validationSentence("body", faults) });
  return batch as EventBatch;
}

function parseJson(payload: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(payload).toString("utf8"));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Refusal("BODY_NOT_JSON", { reason }, { cause });
  }
}
