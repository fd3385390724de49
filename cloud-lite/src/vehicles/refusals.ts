import type { RefusalCode } from "../refusal-code.ts";

/** Vehicles. */
export const VEHICLE_REFUSALS = {
  VEHICLE_UNKNOWN: {
    status: 404,
    sentence: "There is no vehicle {vehicleId}.",
    help: "List the vehicles with GET /api/v1/vehicles.",
  },
  VEHICLE_EXISTS: {
    status: 409,
    sentence: "Vehicle {vehicleId} is registered already.",
    help: "Read it with GET /api/v1/vehicles/{vehicleId}.",
  },
  VIN_UNKNOWN: {
    status: 404,
    sentence: "No vehicle has VIN {vin}.",
    help: "Register the vehicle first, or correct the VIN.",
  },
  VIN_TAKEN: {
    status: 409,
    sentence: "VIN {vin} belongs to another vehicle.",
    help: "A VIN names one vehicle of an organisation. Correct it, or find the other: GET /api/v1/vehicles?vin={vin}.",
  },
  VIN_INVALID: {
    status: 422,
    sentence: "{vin} is not a VIN: {reason}.",
    help: "Correct it (ISO 3779), or start the cloud with --vin-policy free if these vehicles have other ids.",
  },
  SELECTION_TOO_LARGE: {
    status: 422,
    sentence: "The selection is too large at {path}: {reason}.",
    help: "Put the vehicles into a group and select that, or make several campaigns.",
  },
  TIME_ZONE_UNKNOWN: {
    status: 422,
    sentence: 'There is no time zone "{timeZone}".',
    help: "Use a name of the IANA list, such as Europe/Oslo or UTC.",
  },
  VEHICLE_RETIRED: {
    status: 409,
    sentence: "Vehicle {vehicleId} is retired.",
    help: "Bring it back with POST /api/v1/vehicles/{vehicleId}/restore, if it is in use again.",
  },
  ECU_UNKNOWN: {
    status: 422,
    sentence: "Vehicle {vehicleId} has no ECU {ecuId}.",
    help: "Read the vehicle for the ids of its ECUs.",
  },
  ECU_HARDWARE_UNKNOWN: {
    status: 422,
    sentence: "ECU {ecuId} is of hardware {hardwareId}, which is not registered.",
    help: 'Correct the id, register it with PUT /api/v1/hardware/{hardwareId}, or send "allowUnknownHardware": true.',
  },
  ECU_DUPLICATE: {
    status: 422,
    sentence: "ECU {ecuId} is listed twice.",
    help: "An ECU's serial number is its id in the vehicle; give each its own.",
  },
  REPLACEMENT_UNKNOWN: {
    status: 404,
    sentence: "Vehicle {vehicleId} has no replacement {replacementId}.",
    help: "List them with GET /api/v1/vehicles/{vehicleId}/replacements.",
  },
  REPLACEMENT_DECIDED: {
    status: 409,
    sentence: "Replacement {replacementId} is {state} already.",
    help: "Read what the vehicle reports now: GET /api/v1/vehicles/{vehicleId}/replacements.",
  },
  IMPORT_UNKNOWN: {
    status: 404,
    sentence: "There is no import {importId}.",
    help: "An import answers its id when it ends.",
  },
  IMPORT_HEADER_INVALID: {
    status: 422,
    sentence: "The file cannot be imported: its column {column} {reason}.",
    help: "Correct the header; docs/as-built-import.md lists the columns. Nothing was changed.",
  },
  IMPORT_UNREADABLE: {
    status: 422,
    sentence: "The file cannot be read on from line {line}: {reason}.",
    help: "Correct it there and send the whole file again: rows that were taken stay and count as unchanged.",
  },
  VEHICLE_GROUP_UNKNOWN: {
    status: 404,
    sentence: "There is no vehicle of group {group}.",
    help: "The groups of a vehicle stand in it: GET /api/v1/vehicles.",
  },
  DESIRED_SOFTWARE_UNKNOWN: {
    status: 422,
    sentence: "There is no {what} for {hardwareId} that was released.",
    help: "Publish it first, or correct the version or release.",
  },
  GROUP_BEYOND_SCOPE: {
    status: 403,
    sentence:
      "The desired state of group {group} reaches vehicles of every region and model; your roles do not.",
    help: "Write the desired state of the vehicles that you may change, or ask someone whose role has no scope.",
  },
  TIMELINE_KIND_UNKNOWN: {
    status: 400,
    sentence: 'A timeline has no entries of kind "{kind}".',
    help: "Ask for vehicle, imported, software, presence, job or step, several with commas.",
  },
  HARDWARE_UNKNOWN: {
    status: 404,
    sentence: "Hardware {hardwareId} is not known.",
    help: "Register it with its memory regions: PUT /api/v1/hardware/{hardwareId}.",
  },
  HARDWARE_REGIONS_INVALID: {
    status: 422,
    sentence: "The memory regions of {hardwareId} are not usable: {reason}.",
    help: "Regions lie within 32 bits, do not overlap, and at least one of them is flashed.",
  },
} as const satisfies Record<string, RefusalCode>;
