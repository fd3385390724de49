import { Type, type Static } from "typebox";
import { Id, WallTime } from "@halfshaft/ota-format";
import { ref } from "../plugins/answers.ts";
import { PERMISSIONS, ROLES, type Grant } from "./grants.ts";

const closed = { additionalProperties: false } as const;
const ScopeValues = Type.Array(Type.String({ minLength: 1, maxLength: 64 }), { minItems: 1, maxItems: 100 });

const ScopeBody = Type.Object(
  { regions: Type.Optional(ScopeValues), models: Type.Optional(ScopeValues) },
  {
    ...closed,
    description: "The vehicles that it covers: every list that is given must hold the vehicle's value",
    examples: [{ regions: ["EU"] }],
  },
);

const GrantBody = Type.Object({ role: Type.Enum(ROLES), scope: ScopeBody }, closed);
export const Grants = Type.Unsafe<readonly Grant[]>(
  Type.Array(GrantBody, {
    maxItems: 64,
    description: "Roles, each within its own scope; they add up and never merge",
    examples: [[{ role: "operator", scope: { regions: ["EU"] } }]],
  }),
);

export const UserName = Type.String({
  pattern: "^[a-z0-9][a-z0-9._@-]{0,63}$",
  description: "Lower case; what the person logs in with",
  examples: ["ada"],
});
export const GroupName = Type.String({
  pattern: "^[A-Za-z0-9][A-Za-z0-9 ._:/@-]{0,127}$",
  description: "The identity provider's group of this name has these grants, too",
  examples: ["EU operators"],
});
/** Its length is a rule of its own, so that the refusal says more than a pattern. */
export const PasswordText = Type.String({ minLength: 1, maxLength: 1024 });
export const Label = Type.String({ minLength: 1, maxLength: 64, examples: ["nightly build"] });

export const UserBody = Type.Object(
  {
    name: UserName,
    displayName: Type.Optional(Type.String({ minLength: 1, maxLength: 128, examples: ["Ada Byron"] })),
    grants: Type.Optional(Grants),
    groups: Type.Optional(Type.Array(GroupName, { maxItems: 64, uniqueItems: true })),
  },
  closed,
);
export type UserBody = Static<typeof UserBody>;

export const UserChange = Type.Partial(Type.Omit(UserBody, ["name"]), closed);
export type UserChange = Static<typeof UserChange>;

export const User = Type.Object(
  {
    userId: Id,
    name: UserName,
    displayName: Type.Optional(Type.String()),
    grants: Grants,
    groups: Type.Array(Type.String()),
    hasPassword: Type.Boolean(),
    isActive: Type.Boolean(),
    createdAt: WallTime,
  },
  { ...closed, $id: "User" },
);
export type User = Static<typeof User>;

export const AccessGroup = Type.Object(
  { groupId: Id, name: GroupName, grants: Grants, createdAt: WallTime },
  { ...closed, $id: "AccessGroup" },
);
export type AccessGroup = Static<typeof AccessGroup>;

export const Session = Type.Object(
  { token: Type.String({ examples: ["hs_se_…"] }), expiresAt: WallTime, user: ref(User) },
  { ...closed, $id: "Session" },
);

export const Me = Type.Object(
  {
    principalId: Type.String({ description: "A user's id, or issuer|subject of a token" }),
    credentialId: Type.String(),
    user: Type.Optional(ref(User)),
    grants: Grants,
    permissions: Type.Array(Type.Enum(PERMISSIONS), { description: "In some scope at least" }),
  },
  { ...closed, $id: "Me" },
);

export const ApiKeyBody = Type.Object(
  {
    label: Label,
    grants: Type.Optional(Grants),
    expiresAt: Type.Optional(
      Type.Integer({ description: "UTC ms, within 400 days; 90 days from now where it is left out" }),
    ),
  },
  closed,
);

/** Of a rotation: for how long the old token still works beside the new one. */
export const RotationBody = Type.Object(
  {
    overlapMs: Type.Integer({
      minimum: 0,
      maximum: 7 * 24 * 60 * 60 * 1000,
      description: "How long the old token goes on, ms",
    }),
  },
  closed,
);

const life = {
  label: Type.String(),
  prefix: Type.String({
    description: "The part of the token that is no secret, to tell which one was found",
    examples: ["hs_op_0123456789abcdef"],
  }),
  createdAt: WallTime,
  expiresAt: Type.Optional(WallTime),
  lastUsedAt: Type.Optional(WallTime),
  revokedAt: Type.Optional(WallTime),
};
const Token = Type.String({ description: "Shown once", examples: ["hs_op_…"] });

export const ApiKey = Type.Object(
  { credentialId: Id, userId: Id, ...life, grants: Type.Optional(Grants) },
  { ...closed, $id: "ApiKey", description: "Without grants it may what its person may" },
);
export type ApiKey = Static<typeof ApiKey>;

export const IssuedKey = Type.Object({ ...ApiKey.properties, token: Token }, { ...closed, $id: "IssuedKey" });

/** A device token without its secret. */
export const DeviceCredential = Type.Object(
  { credentialId: Id, vehicleId: Type.String(), ...life },
  { ...closed, $id: "DeviceCredential" },
);
export type DeviceCredential = Static<typeof DeviceCredential>;
