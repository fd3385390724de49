import type { RefusalCode } from "../refusal-code.ts";

/** Who is asking, and what they may. */
export const ACCESS_REFUSALS = {
  CREDENTIALS_MISSING: {
    status: 401,
    sentence: "This route needs a credential.",
    help: "Send Authorization: Bearer with an operator key (hs_op_…), a session (hs_se_…) or a device token (hs_dv_…).",
  },
  CREDENTIALS_INVALID: {
    status: 401,
    sentence: "The credential is unknown, has expired or was revoked.",
    help: "Log in again, or check for a cut-off copy; issue a new one if it is lost.",
  },
  OPERATOR_REQUIRED: {
    status: 403,
    sentence: "This route is for operators.",
    help: "Use an operator key (hs_op_…) or log in.",
  },
  PERMISSION_MISSING: {
    status: 403,
    sentence: "This needs the permission {permission}, which {held} does not give.",
    help: "Ask an admin for the role {roles}, or have someone do it who has it.",
  },
  OUTSIDE_SCOPE: {
    status: 403,
    sentence: "Vehicle {vehicleId} is outside the scope in which you have {permission}.",
    help: "Ask an admin for a grant that covers its region and model.",
  },
  IDENTITY_PROVIDER_UNREACHABLE: {
    status: 503,
    sentence: "The identity provider's keys at {url} cannot be had: {reason}.",
    help: "Try again shortly; meanwhile users and keys of this cloud itself go on working.",
  },
  LOGIN_FAILED: {
    status: 401,
    sentence: "Name and password do not fit.",
    help: "Check both; an admin can set a new password with `cloud user password NAME`.",
  },
  PASSWORD_WRONG: {
    status: 403,
    sentence: "The current password is not right.",
    help: "Give the password with which you log in now.",
  },
  PASSWORD_WEAK: {
    status: 422,
    sentence: "The password is too weak: {reason}.",
    help: "Take a long one that a password manager makes up.",
  },
  USER_UNKNOWN: {
    status: 404,
    sentence: "There is no user {user}.",
    help: "List the users with GET /api/v1/users or `cloud user list`.",
  },
  USER_EXISTS: {
    status: 409,
    sentence: "There is a user {name} already.",
    help: "Choose another name; a user who was deactivated keeps his name and can be reactivated.",
  },
  USER_REQUIRED: {
    status: 403,
    sentence: "Only a user of this cloud may do this, and {principalId} comes from an identity provider.",
    help: "Have an admin make a local user for it.",
  },
  LAST_ADMIN: {
    status: 409,
    sentence: "Nobody would be left who may manage access.",
    help: "Make another active user admin without a scope first.",
  },
  GROUP_UNKNOWN: {
    status: 404,
    sentence: "There is no group {name}.",
    help: "Make it with PUT /api/v1/access-groups/NAME; GET /api/v1/access-groups lists them.",
  },
  GRANTS_EXCEEDED: {
    status: 403,
    sentence: "You may not give {role} over {scope}: your own credential does not hold it.",
    help: "Ask for a part of what GET /api/v1/me shows.",
  },
  EXPIRY_INVALID: {
    status: 422,
    sentence: "The key would end {when}.",
    help: "Give a time in UTC milliseconds that is in the future and within {days} days.",
  },
  KEY_UNKNOWN: {
    status: 404,
    sentence: "You have no key {credentialId} that is in use.",
    help: "List the keys; one that was revoked or has expired cannot be changed.",
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
