import type { RefusalCode } from "../refusal-code.ts";

/** Who is asking, and what they may. */
export const ACCESS_REFUSALS = {
  CREDENTIALS_MISSING: {
    status: 401,
    sentence: "This route needs a credential.",
    help: "Send Authorization: Bearer with an operator key (hs_op_…) or a device token (hs_dv_…).",
  },
  CREDENTIALS_INVALID: {
    status: 401,
    sentence: "The credential is unknown or was revoked.",
    help: "Check for a cut-off copy; issue a new one if it is lost.",
  },
  OPERATOR_REQUIRED: {
    status: 403,
    sentence: "This route is for operators.",
    help: "Use an operator key (hs_op_…).",
  },
  PERMISSION_MISSING: {
    status: 403,
    sentence: "This needs the permission {permission}, which {held} does not give.",
    help: "Ask an admin for the role {roles}, or have someone do it who has it.",
  },
  DEVICE_REQUIRED: {
    status: 403,
    sentence: "This route is for vehicles.",
    help: "Use the device token (hs_dv_…) of the vehicle.",
  },
  OTHER_VEHICLE: {
    status: 403,
    sentence: "The device token is not one of vehicle {vehicleId}.",
    help: "A vehicle reads its own Director repository only.",
  },
  RATE_LIMITED: {
    status: 429,
    sentence: "More than {limit} requests came within {window}.",
    help: "Wait for the seconds in the Retry-After header, then go on.",
  },
} as const satisfies Record<string, RefusalCode>;
