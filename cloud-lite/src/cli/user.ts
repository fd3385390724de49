import { EVERYTHING, ROLES, type Grant, type Role } from "../access/grants.ts";
import { hashPassword, newPassword } from "../access/passwords.ts";
import {
  changeUser,
  findUserNamed,
  insertUser,
  listUsers,
  setActive,
  setPassword,
} from "../access/user-store.ts";
import type { AuditAction } from "../audit/actions.ts";
import { appendAudit } from "../audit/store.ts";
import { openFolder } from "../data-folder.ts";
import { readPage } from "../db/cursor.ts";
import type { Database } from "../db/database.ts";
import { DEFAULT_ORGANISATION } from "../db/open.ts";
import { inOneTransaction } from "../db/transaction.ts";
import { Refusal } from "../refusals.ts";
import type { Invocation } from "./invocation.ts";
import { seal } from "./seal.ts";

const organisationId = DEFAULT_ORGANISATION;
const NAME = /^[a-z0-9][a-z0-9._@-]{0,63}$/;
const USERS_AT_ONCE = "200";

type Action = (db: Database, words: readonly string[]) => Promise<void>;

const ACTIONS: Readonly<Record<string, Action>> = { list, add, role, password, deactivate, reactivate };

/** Users from the command line: whoever can write the data folder may, as when nobody can log in any more. */
export async function run({ config, words: [name = "", ...words] }: Invocation): Promise<void> {
  const action = Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined;
  if (!action) throw new Refusal("VERB_UNKNOWN", { verb: `user ${name}`.trim() });
  const folder = await openFolder(config, Date.now);
  const { db } = folder;
  try {
    await action(db, words);
    if (action !== list) await seal(config.data, folder);
  } finally {
    await db.destroy();
  }
}

async function list(db: Database): Promise<void> {
  let cursor: string | undefined;
  do {
    const page = readPage({ limit: USERS_AT_ONCE, cursor });
    const { rows, nextCursor } = await listUsers(db, organisationId, page);
    for (const user of rows) {
      const roles = [...new Set(user.grants.map((grant) => grant.role)), ...user.groups].join(", ");
      console.log(
        `${user.name.padEnd(24)}${user.isActive ? "active" : "deactivated"}  ${roles || "no role"}`,
      );
    }
    cursor = nextCursor;
  } while (cursor !== undefined);
}

/** `add NAME ROLE`: a user with this role over everything; grants with a scope are given over the API. */
async function add(db: Database, [name, roleName]: readonly string[]): Promise<void> {
  if (name === undefined || !NAME.test(name)) {
    throw new Refusal("WORD_MISSING", { verb: "user add", what: "a NAME in lower case" });
  }
  const grants = grantsOf("user add", roleName);
  await inOneTransaction(db, async (tx) => {
    const at = Date.now();
    const { userId } = await insertUser(tx, organisationId, at, { name, grants });
    await note(tx, at, "user.created", userId, { name, grants });
  });
  console.log(`Made the user ${name}. He can log in after: cloud user password ${name}`);
}

/** `role NAME ROLE`: this role over everything in place of the grants that the user has. */
async function role(db: Database, [name, roleName]: readonly string[]): Promise<void> {
  const grants = grantsOf("user role", roleName);
  await change(db, "role", name, async (tx, at, userId) => {
    await changeUser(tx, organisationId, userId, { grants });
    await note(tx, at, "user.changed", userId, { grants });
  });
}

/** `password NAME`: makes one up and prints it, so that none is in a list of processes or a history of commands. */
async function password(db: Database, [name]: readonly string[]): Promise<void> {
  const text = newPassword();
  const hash = await hashPassword(text);
  await change(db, "password", name, async (tx, at, userId) => {
    await setPassword(tx, organisationId, userId, at, hash);
    await note(tx, at, "user.passwordSet", userId, null);
  });
  console.log(text);
}

async function deactivate(db: Database, [name]: readonly string[]): Promise<void> {
  await change(db, "deactivate", name, async (tx, at, userId) => {
    await setActive(tx, organisationId, userId, at);
    await note(tx, at, "user.deactivated", userId, null);
  });
}

async function reactivate(db: Database, [name]: readonly string[]): Promise<void> {
  await change(db, "reactivate", name, async (tx, at, userId) => {
    await setActive(tx, organisationId, userId, null);
    await note(tx, at, "user.reactivated", userId, null);
  });
}

async function change(
  db: Database,
  verb: string,
  name: string | undefined,
  work: (tx: Database, at: number, userId: string) => Promise<void>,
): Promise<void> {
  if (name === undefined) throw new Refusal("WORD_MISSING", { verb: `user ${verb}`, what: "a NAME" });
  await inOneTransaction(db, async (tx) => {
    const user = await findUserNamed(tx, organisationId, name);
    if (!user) throw new Refusal("USER_UNKNOWN", { user: name });
    await work(tx, Date.now(), user.userId);
  });
}

/** @throws {Refusal} WORD_MISSING */
function grantsOf(verb: string, name: string | undefined): readonly Grant[] {
  const found = ROLES.find((known): known is Role => known === name);
  if (!found) throw new Refusal("WORD_MISSING", { verb, what: `a role after the name: ${ROLES.join(", ")}` });
  return found === "admin" ? EVERYTHING : [{ role: found, scope: {} }];
}

const note = (
  tx: Database,
  at: number,
  action: AuditAction,
  userId: string,
  payload: unknown,
): Promise<void> =>
  appendAudit(tx, {
    organisationId,
    at,
    actor: { kind: "operator", id: "command line" },
    requestId: "-",
    note: { action, subjectKind: "user", subjectId: userId, payload },
  });
