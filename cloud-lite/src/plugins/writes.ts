import { createHash, type Hash } from "node:crypto";
import { Readable } from "node:stream";
import type { FastifyReply, FastifyRequest } from "fastify";
import { Type } from "typebox";
import type { Actor, Vehicle } from "../access/store.ts";
import { appendAudits, type AuditActor, type AuditGiven, type AuditNote } from "../audit/store.ts";
import type { Cloud } from "../cloud.ts";
import { lockAll } from "../db/engine.ts";
import type { Database } from "../db/database.ts";
import { inOneTransaction } from "../db/transaction.ts";
import { Refusal } from "../refusals.ts";
import { actorOf } from "./admission.ts";
import { answer, type Envelope } from "./answers.ts";

/** One write: a transaction, who and when, and what is to happen after the commit. */
export interface Work {
  readonly tx: Database;
  readonly organisationId: string;
  readonly at: number;
  /** Appends to the audit log at the end of the same transaction. */
  audit(note: AuditNote, actor?: AuditActor, requestId?: string): Promise<void>;
  /** For what cannot be taken back, such as a wake-up; lost if the process dies, so never needed for truth. */
  afterCommit(effect: () => void): void;
}

export const WriteHeaders = Type.Object({
  "idempotency-key": Type.Optional(
    Type.String({
      pattern: "^[\\x21-\\x7e]{1,128}$",
      description: "The same key with the same request gives the same answer, and does the work once",
    }),
  ),
});

export interface WriteOptions {
  readonly status?: 200 | 201;
  /** The answer holds a secret: it is sent once and not kept for a repeat. */
  readonly secret?: boolean;
  /** Of a body that was streamed, hex: with it the same key can be told from another request's. */
  readonly bodySha256?: string;
}

/** Runs a route's write in one transaction: the change, its audit entries and its idempotent answer, or nothing. */
export async function write<T>(
  cloud: Cloud,
  request: FastifyRequest,
  reply: FastifyReply,
  work: (work: Work) => Promise<T>,
  options: WriteOptions = {},
): Promise<Envelope<T>> {
  const actor = actorOf(request);
  const key = idempotencyKey(request);
  const fingerprint = key === undefined ? "" : fingerprintOf(request, options.bodySha256);
  const status = options.status ?? 200;
  const once = async (unit: Work): Promise<{ status: number; body: unknown }> => {
    if (key !== undefined) {
      const stored = await findAnswer(unit.tx, actor, key, fingerprint);
      if (stored) return stored;
    }
    const body = answer(cloud, request, await work(unit));
    if (key !== undefined) {
      await unit.tx
        .insertInto("idempotencyKeys")
        .values({
          organisationId: actor.organisationId,
          credentialId: actor.credentialId,
          key,
          fingerprint,
          status,
          body: options.secret ? null : JSON.stringify(body),
          createdAt: unit.at,
        })
        .execute();
    }
    return { status, body };
  };
  const { permission } = request.routeOptions.config.admittance ?? {};
  const outcome = await inTransaction(cloud, actor, request.id, once, permission);
  reply.code(outcome.status);
  return outcome.body as Envelope<T>;
}

/**
 * As `write`, for a body that is taken as it comes. Where the key was used before, the body is only hashed: that tells
 * whether it is the same request.
 * @param steps `take` keeps the bytes, in transactions of its own; `finish` makes the answer
 * @throws {Refusal} MEDIA_TYPE_UNSUPPORTED besides what the steps refuse
 */
export async function writeStreamed<T>(
  cloud: Cloud,
  request: FastifyRequest,
  reply: FastifyReply,
  steps: {
    readonly take: (bytes: AsyncIterable<Buffer>) => Promise<void>;
    readonly finish: (work: Work) => Promise<T>;
  },
  options: WriteOptions = {},
): Promise<Envelope<T>> {
  const hash = createHash("sha256");
  const key = idempotencyKey(request);
  const bytes = hashed(streamOf(request), hash);
  if (key !== undefined && (await answerRow(cloud.db, actorOf(request), key))) {
    for await (const _chunk of bytes);
  } else {
    await steps.take(bytes);
  }
  return write(cloud, request, reply, steps.finish, { ...options, bodySha256: hash.digest("hex") });
}

/** An empty body is none. Any other that is no stream was read by a parser of another media type. */
function streamOf({ body, headers }: FastifyRequest): Readable {
  if (body instanceof Readable) return body;
  if (body === undefined || body === null) return Readable.from([]);
  throw new Refusal("MEDIA_TYPE_UNSUPPORTED", { mediaType: headers["content-type"] ?? "this body" });
}

/** Passes bytes on. Destroying the stream would end the connection before a refusal is answered. */
async function* hashed(body: Readable, hash: Hash): AsyncGenerator<Buffer> {
  for await (const chunk of body.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    yield chunk;
  }
}

/**
 * A transaction whose effects run only if it commits; begun anew where it lost against another one. Operators write one
 * after another, and so does each vehicle: what a write has read is still true when it commits, on PostgreSQL too.
 */
export async function inTransaction<T>(
  cloud: Cloud,
  actor: Actor,
  requestId: string,
  run: (work: Work) => Promise<T>,
  permission?: string,
): Promise<T> {
  const { organisationId } = actor;
  const isVehicle = actor.kind === "vehicle";
  const by: AuditActor = isVehicle
    ? { kind: "vehicle", id: actor.vehicleId }
    : { kind: "operator", id: actor.principalId, credentialId: actor.credentialId };
  const locks = [isVehicle ? ["vehicle", actor.vehicleId] : ["operators"]];
  return transact(cloud, { organisationId, by, requestId, permission, locks }, run);
}

/** What a vehicle sends, and in which request. */
export interface VehicleReport {
  readonly actor: Vehicle;
  readonly requestId: string;
}

/**
 * One transaction for what several vehicles of an organisation report; each writes as itself.
 * @param run gets a work for each report, in order, all in the same transaction.
 */
export async function inVehicleTransaction<T>(
  cloud: Cloud,
  reports: readonly VehicleReport[],
  run: (works: readonly Work[]) => Promise<T>,
): Promise<T> {
  const { organisationId } = reports[0]!.actor;
  const locks = reports.map(({ actor }) => ["vehicle", actor.vehicleId]);
  const [first] = reports;
  const by: AuditActor = { kind: "vehicle", id: first!.actor.vehicleId };
  return transact(cloud, { organisationId, by, requestId: first!.requestId, locks }, (work) =>
    run(
      reports.map(({ actor, requestId }) => ({
        ...work,
        audit: (note, who = { kind: "vehicle", id: actor.vehicleId }) => work.audit(note, who, requestId),
      })),
    ),
  );
}

/** A transaction that no request asked for. The cloud is its actor; `name` tells which part, and is also its lock. */
export const inBackground = <T>(
  cloud: Cloud,
  organisationId: string,
  name: readonly [part: string, ...of: string[]],
  run: (work: Work) => Promise<T>,
): Promise<T> =>
  transact(cloud, { organisationId, by: { kind: "cloud", id: name[0] }, requestId: "-", locks: [name] }, run);

interface Given {
  readonly organisationId: string;
  readonly by: AuditActor;
  readonly requestId: string;
  readonly permission?: string;
  /** One transaction at a time holds a lock of these names. */
  readonly locks: readonly (readonly string[])[];
}

async function transact<T>(
  cloud: Cloud,
  { organisationId, by, requestId, permission, locks }: Given,
  run: (work: Work) => Promise<T>,
): Promise<T> {
  const { result, effects } = await inOneTransaction(cloud.db, async (tx) => {
    const at = cloud.now();
    const begun: (() => void)[] = [];
    const entries: AuditGiven[] = [];
    await lockAll(
      tx,
      locks.map((name) => [organisationId, ...name].join("/")),
    );
    const done = await run({
      tx,
      organisationId,
      at,
      audit: async (note, actor = by, ofRequest = requestId) =>
        void entries.push({ at, actor, requestId: ofRequest, permission, note }),
      afterCommit: (effect) => void begun.push(effect),
    });
    // Last, for from here to the commit nobody else can append.
    await appendAudits(tx, organisationId, entries);
    return { result: done, effects: begun };
  });
  for (const effect of effects) effect();
  cloud.live.wake(organisationId);
  return result;
}

function idempotencyKey(request: FastifyRequest): string | undefined {
  const key = request.headers["idempotency-key"];
  return typeof key === "string" ? key : undefined;
}

function fingerprintOf({ method, url, body }: FastifyRequest, bodySha256?: string): string {
  const bytes = bodySha256 ?? (body instanceof Uint8Array ? body : JSON.stringify(body ?? null));
  return createHash("sha256").update(`${method} ${url}\n`).update(bytes).digest("hex");
}

async function findAnswer(tx: Database, actor: Actor, key: string, fingerprint: string) {
  const row = await answerRow(tx, actor, key);
  if (!row) return undefined;
  if (row.fingerprint !== fingerprint) throw new Refusal("IDEMPOTENCY_KEY_REUSED", { key });
  if (row.body === null) throw new Refusal("SECRET_SHOWN_ONCE");
  return { status: row.status, body: JSON.parse(row.body) as unknown };
}

const answerRow = (db: Database, actor: Actor, key: string) =>
  db
    .selectFrom("idempotencyKeys")
    .select(["fingerprint", "status", "body"])
    .where("organisationId", "=", actor.organisationId)
    .where("credentialId", "=", actor.credentialId)
    .where("key", "=", key)
    .executeTakeFirst();
