import { randomBytes, scrypt, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";
import { Refusal } from "../refusals.ts";

/** scrypt's cost (RFC 7914): 2^15 blocks of 1 KiB, three times: 32 MiB and a few tenths of a second. */
const COST = { ln: 15, r: 8, p: 3 } as const;
const SALT_BYTES = 16;
const HASH_BYTES = 32;
const MIN_CHARACTERS = 12;
const MAX_CHARACTERS = 256;

/** Hashes at the same time: each holds 32 MiB, and requests of others wait for the processor. */
const AT_ONCE = 2;

interface Cost {
  readonly ln: number;
  readonly r: number;
  readonly p: number;
}

const derive = promisify<Buffer, Buffer, number, object, Buffer>(scrypt);

let running = 0;
const waiting: (() => void)[] = [];

async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  if (running >= AT_ONCE) await new Promise<void>((turn) => waiting.push(turn));
  else running += 1;
  try {
    return await work();
  } finally {
    // The place is handed on, so that nobody slips in between.
    const next = waiting.shift();
    if (next) next();
    else running -= 1;
  }
}

async function hash(password: string, salt: Buffer, { ln, r, p }: Cost, bytes: number): Promise<Buffer> {
  const N = 2 ** ln;
  const text = Buffer.from(password.normalize("NFKC"), "utf8");
  return inTurn(() => derive(text, salt, bytes, { N, r, p, maxmem: 2 * 128 * N * r }));
}

/** The hash of a password with its parameters: `$scrypt$ln=15,r=8,p=3$<salt>$<hash>`, base64. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const digest = await hash(password, salt, COST, HASH_BYTES);
  const { ln, r, p } = COST;
  return `$scrypt$ln=${ln},r=${r},p=${p}$${salt.toString("base64")}$${digest.toString("base64")}`;
}

const STORED = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/=]+)\$([A-Za-z0-9+/=]+)$/;
/** Of no password; costs as much to compare as a true one. */
const NOBODYS = `$scrypt$ln=${COST.ln},r=${COST.r},p=${COST.p}$${"A".repeat(22)}==$${"A".repeat(43)}=`;

/**
 * Whether this is the password of the hash. Without a hash it is false after the same time, so that a name that is
 * unknown cannot be told from a password that is wrong.
 */
export async function passwordMatches(password: string, stored: string | null | undefined): Promise<boolean> {
  const parts = STORED.exec(stored ?? NOBODYS);
  if (!parts) return false;
  const [ln, r, p] = [Number(parts[1]), Number(parts[2]), Number(parts[3])];
  const expected = Buffer.from(parts[5]!, "base64");
  const found = await hash(password, Buffer.from(parts[4]!, "base64"), { ln, r, p }, expected.length);
  return timingSafeEqual(found, expected) && typeof stored === "string";
}

/** @throws {Refusal} PASSWORD_WEAK */
export function checkPassword(password: string, name: string): void {
  const characters = Array.from(password).length;
  const weak = (reason: string): Refusal => new Refusal("PASSWORD_WEAK", { reason });
  if (characters < MIN_CHARACTERS)
    throw weak(`it has ${characters} characters, and ${MIN_CHARACTERS} are needed`);
  if (characters > MAX_CHARACTERS) throw weak(`it has more than ${MAX_CHARACTERS} characters`);
  if (new Set(password).size < 5) throw weak("it repeats a few characters");
  if (password.toLowerCase().includes(name)) throw weak("it holds the user's name");
}

/** A password to hand over and have changed. */
export const newPassword = (): string => randomBytes(15).toString("base64url");
