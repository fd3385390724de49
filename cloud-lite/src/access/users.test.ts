import { afterEach, beforeEach, expect, test } from "vitest";
import { keyOfUser, testCloud, type TestCloud } from "../testing.ts";
import type { User } from "./schema.ts";

const PASSWORD = "tall ships and small stars";
let fixture: TestCloud;
beforeEach(async () => {
  fixture = await testCloud();
});
afterEach(() => fixture.close());

const post = (url: string, body?: unknown, token?: string) => fixture.call("POST", url, { body, token });

async function makeUser(name: string, more: object = {}): Promise<User> {
  return (await post("/api/v1/users", { name, ...more })).data() as User;
}

async function logIn(name: string, password = PASSWORD): Promise<string> {
  const answer = await fixture.call("POST", "/api/v1/sessions", { token: null, body: { name, password } });
  return (answer.data() as { token: string }).token;
}

async function makeAda(grants: object[] = [{ role: "viewer", scope: {} }]): Promise<User> {
  const ada = await makeUser("ada", { grants });
  await post(`/api/v1/users/${ada.userId}/password`, { password: PASSWORD });
  return ada;
}

const admin = async (): Promise<User> =>
  ((await fixture.call("GET", "/api/v1/me")).data() as { user: User }).user;

test("A5 the first operator is the user admin, without a password", async () => {
  expect(await admin()).toMatchObject({
    name: "admin",
    hasPassword: false,
    isActive: true,
    grants: [{ role: "admin", scope: {} }],
  });
});

test("A5 a user logs in with name and password, and the session ends by itself", async () => {
  await makeAda();
  const token = await logIn("ada");
  expect(token).toMatch(/^hs_se_/);
  expect((await fixture.call("GET", "/api/v1/vehicles", { token })).status).toBe(200);
  fixture.clock.at += fixture.cloud.config.sessionTtlMs;
  const late = await fixture.call("GET", "/api/v1/vehicles", { token });
  expect(late.problem().code).toBe("CREDENTIALS_INVALID");
});

test("A5 a wrong password, an unknown name and a user without a password are refused alike", async () => {
  await makeAda();
  const bodies = [
    { name: "ada", password: `${PASSWORD}!` },
    { name: "nobody", password: PASSWORD },
    { name: "admin", password: PASSWORD },
  ];
  for (const body of bodies) {
    const answer = await fixture.call("POST", "/api/v1/sessions", { token: null, body });
    const { status, code, detail } = answer.problem();
    expect({ status, code, detail }).toEqual({
      status: 401,
      code: "LOGIN_FAILED",
      detail: "Name and password do not fit.",
    });
  }
});

test("A11 guessing a password is limited for name and address", async () => {
  const body = { name: "admin", password: "x" };
  for (let i = 0; i < 5; i += 1) await fixture.call("POST", "/api/v1/sessions", { token: null, body });
  const limited = await fixture.call("POST", "/api/v1/sessions", { token: null, body });
  expect(limited.problem().code).toBe("RATE_LIMITED");
  const other = await fixture.call("POST", "/api/v1/sessions", { token: null, body: { ...body, name: "b" } });
  expect(other.problem().code).toBe("LOGIN_FAILED");
});

test("A5 logging out ends the session", async () => {
  await makeAda();
  const token = await logIn("ada");
  expect((await post("/api/v1/sessions/end", undefined, token)).status).toBe(200);
  expect((await fixture.call("GET", "/api/v1/me", { token })).problem().code).toBe("CREDENTIALS_INVALID");
});

test("A5 changing one's password needs the current one, and ends the sessions", async () => {
  await makeAda();
  const token = await logIn("ada");
  const change = (current: string) =>
    post("/api/v1/me/password", { current, password: "a wholly different phrase" }, token);
  expect((await change("not it at all")).problem().code).toBe("PASSWORD_WRONG");
  expect((await change(PASSWORD)).status).toBe(200);
  expect((await fixture.call("GET", "/api/v1/me", { token })).status).toBe(401);
  expect(await logIn("ada", "a wholly different phrase")).toMatch(/^hs_se_/);
});

test("A5 no password and no hash is in an answer, in the audit log or in a stored answer", async () => {
  const { userId } = await makeAda();
  const answer = await fixture.call("GET", `/api/v1/users/${userId}`);
  const audit = await fixture.call("GET", "/api/v1/audit");
  const stored = await fixture.cloud.db.selectFrom("idempotencyKeys").selectAll().execute();
  for (const text of [answer.bytes.toString(), audit.bytes.toString(), JSON.stringify(stored)]) {
    expect(text).not.toContain(PASSWORD);
    expect(text).not.toContain("scrypt");
  }
});

test("A4 a viewer may read, and is told which permission and role he lacks", async () => {
  await makeAda();
  const token = await logIn("ada");
  const refused = await post("/api/v1/vehicles", { vehicleId: "car", ecus: [] }, token);
  expect(refused.problem()).toMatchObject({
    status: 403,
    code: "PERMISSION_MISSING",
    detail: "This needs the permission fleet.write, which viewer does not give.",
    help: "Ask an admin for the role operator or admin, or have someone do it who has it.",
  });
});

test("A4 a change of a user's grants counts from the next request on", async () => {
  const { userId } = await makeAda();
  const token = await logIn("ada");
  await fixture.call("PUT", `/api/v1/users/${userId}`, {
    body: { grants: [{ role: "operator", scope: {} }] },
  });
  expect((await post("/api/v1/vehicles", { vehicleId: "car", ecus: [] }, token)).status).toBe(201);
  await fixture.call("PUT", `/api/v1/users/${userId}`, { body: { grants: [] } });
  expect((await fixture.call("GET", "/api/v1/vehicles", { token })).problem().code).toBe(
    "PERMISSION_MISSING",
  );
});

test("A4 a user has the grants of his groups besides his own, and loses them with the group", async () => {
  const grants = [{ role: "operator", scope: { regions: ["EU"] } }];
  await fixture.call("PUT", "/api/v1/access-groups/EU operators", { body: { grants } });
  const { userId } = await makeAda();
  await fixture.call("PUT", `/api/v1/users/${userId}`, { body: { groups: ["EU operators"] } });
  const token = await logIn("ada");
  const granted = async () => ((await fixture.call("GET", "/api/v1/me", { token })).data() as User).grants;
  expect(await granted()).toEqual([{ role: "viewer", scope: {} }, ...grants]);
  await post("/api/v1/access-groups/EU operators/remove");
  expect(await granted()).toEqual([{ role: "viewer", scope: {} }]);
});

test("A4 a user is not put into a group that does not exist", async () => {
  const refused = await post("/api/v1/users", { name: "ada", groups: ["nowhere"] });
  expect(refused.problem()).toMatchObject({ status: 404, code: "GROUP_UNKNOWN" });
  expect((await fixture.call("GET", "/api/v1/users")).data()).toHaveLength(1);
});

test("A5 a name is taken once, also by a user who was deactivated", async () => {
  const { userId } = await makeUser("ada");
  await post(`/api/v1/users/${userId}/deactivate`);
  expect((await post("/api/v1/users", { name: "ada" })).problem().code).toBe("USER_EXISTS");
});

test("A5 who is deactivated is out at once, with sessions and keys, and back when reactivated", async () => {
  const { userId } = await makeAda();
  const token = await logIn("ada");
  await post(`/api/v1/users/${userId}/deactivate`);
  expect((await fixture.call("GET", "/api/v1/me", { token })).status).toBe(401);
  const login = await fixture.call("POST", "/api/v1/sessions", {
    token: null,
    body: { name: "ada", password: PASSWORD },
  });
  expect(login.problem().code).toBe("LOGIN_FAILED");
  await post(`/api/v1/users/${userId}/reactivate`);
  expect(await logIn("ada")).toMatch(/^hs_se_/);
});

test("A4 the last admin can be neither deactivated nor demoted", async () => {
  const { userId } = await admin();
  const refusals = [
    await post(`/api/v1/users/${userId}/deactivate`),
    await fixture.call("PUT", `/api/v1/users/${userId}`, { body: { grants: [] } }),
    await fixture.call("PUT", `/api/v1/users/${userId}`, {
      body: { grants: [{ role: "admin", scope: { regions: ["EU"] } }] },
    }),
  ];
  expect(refusals.map((answer) => answer.problem().code)).toEqual(["LAST_ADMIN", "LAST_ADMIN", "LAST_ADMIN"]);
  await makeUser("grace", { grants: [{ role: "admin", scope: {} }] });
  expect((await post(`/api/v1/users/${userId}/deactivate`)).status).toBe(200);
});

test("A4 a group that makes the last admin one can't be emptied or removed", async () => {
  const group = { grants: [{ role: "admin", scope: {} }] };
  await fixture.call("PUT", "/api/v1/access-groups/admins", { body: group });
  const { userId } = await admin();
  await fixture.call("PUT", `/api/v1/users/${userId}`, { body: { grants: [], groups: ["admins"] } });
  const emptied = await fixture.call("PUT", "/api/v1/access-groups/admins", { body: { grants: [] } });
  expect(emptied.problem().code).toBe("LAST_ADMIN");
  expect((await post("/api/v1/access-groups/admins/remove")).problem().code).toBe("LAST_ADMIN");
});

test("A4 an admin of a region manages no access", async () => {
  const token = await keyOfUser(fixture, "eu", [{ role: "admin", scope: { regions: ["EU"] } }]);
  expect((await fixture.call("GET", "/api/v1/users", { token })).problem().code).toBe("PERMISSION_MISSING");
});

test("A6 the audit log names the person, whichever key he uses", async () => {
  const token = await keyOfUser(fixture, "ada", [{ role: "operator", scope: {} }]);
  const me = (await fixture.call("GET", "/api/v1/me", { token })).data() as { principalId: string };
  await post("/api/v1/vehicles", { vehicleId: "car", ecus: [] }, token);
  const [entry] = (await fixture.call("GET", "/api/v1/audit?limit=1")).data() as { actor: { id: string } }[];
  expect(entry!.actor.id).toBe(me.principalId);
});
