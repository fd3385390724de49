import { withRoom, type VehicleNumbers } from "../vehicles/presence/vehicle-numbers.ts";
import type { Device } from "./device-rows.ts";

/** Devices that were read, by the prefix of their token. */
export interface DeviceMemory {
  get(prefix: string): Device | undefined;
  /** One token of each vehicle, in place of the last, so that there are no more than a fleet has vehicles. */
  keep(prefix: string, device: Device): void;
  /** @param vehicle by its number */
  forget(vehicle: number): void;
  forgetAll(): void;
}

const DIGEST_BYTES = 32;

/** As an object for each vehicle, this would be the largest part of the process's memory. */
export function createDeviceMemory(numbers: VehicleNumbers): DeviceMemory {
  const known = new Map<string, number>();
  // The rest lies by number of the vehicle.
  const prefixes: string[] = [];
  const credentialIds: string[] = [];
  let digests = new Uint8Array(DIGEST_BYTES * 1024);
  let expiries = new Float64Array(1024);
  let openJobs = new Uint8Array(1024);
  const forget = (vehicle: number): void => void known.delete(prefixes[vehicle] ?? "");
  const digestOf = (vehicle: number): string =>
    Buffer.from(digests.buffer, DIGEST_BYTES * vehicle, DIGEST_BYTES).toString("hex");
  return {
    get(prefix) {
      const vehicle = known.get(prefix);
      if (vehicle === undefined) return undefined;
      const { organisationId, vehicleId } = numbers.name(vehicle);
      const expiresAt = expiries[vehicle]!;
      return {
        actor: { kind: "vehicle", organisationId, credentialId: credentialIds[vehicle]!, vehicleId },
        vehicle,
        hasOpenJob: openJobs[vehicle] === 1,
        digest: digestOf(vehicle),
        expiresAt: expiresAt === Infinity ? null : expiresAt,
      };
    },
    keep(prefix, { vehicle, actor, digest, expiresAt, hasOpenJob }) {
      forget(vehicle);
      known.set(prefix, vehicle);
      prefixes[vehicle] = prefix;
      credentialIds[vehicle] = actor.credentialId;
      digests = withRoom(digests, DIGEST_BYTES * (vehicle + 1) - 1);
      digests.set(Buffer.from(digest, "hex"), DIGEST_BYTES * vehicle);
      expiries = withRoom(expiries, vehicle);
      expiries[vehicle] = expiresAt ?? Infinity;
      openJobs = withRoom(openJobs, vehicle);
      openJobs[vehicle] = Number(hasOpenJob);
    },
    forget,
    forgetAll: () => known.clear(),
  };
}
