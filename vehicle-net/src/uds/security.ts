import { Nrc } from "./nrc.ts";

/** A named way to compute the key that answers a seed. */
export interface SeedKeyAlgorithm {
  readonly seedBytes: number;
  key(seed: Uint8Array, secret: Uint8Array): Uint8Array;
}

/** One lock of an ECU: `level` is the odd sub-function that asks for its seed. */
export interface SecurityLevel {
  readonly level: number;
  readonly algorithm: SeedKeyAlgorithm;
  readonly secret: Uint8Array;
}

/** Survives a reset, so that a power cycle is no way around the delay. */
export interface SecurityStore {
  /** Wrong keys so far. */
  load(): Promise<number>;
  save(wrongKeys: number): Promise<void>;
}

export interface SecurityOptions {
  readonly levels: readonly SecurityLevel[];
  /** Wrong keys after which the ECU gives no seed for `delayMs`. Default 3. */
  readonly attemptLimit?: number;
  /** Default 10 000. It runs anew after a power-up that finds the limit reached. */
  readonly delayMs?: number;
  readonly store: SecurityStore;
  /** `length` random bytes for a seed; injected, so that tests know the seed. */
  readonly random: (length: number) => Uint8Array;
}

/** What a step of security access gives: bytes to answer (seed or nothing), or the code to refuse with. */
export type SecurityOutcome = { readonly data: Uint8Array } | { readonly nrc: number };

const NOTHING = new Uint8Array();

/** The state behind service 27 (ISO 14229-1:2020, 10.4 and annex I). */
export class Security {
  readonly #options: SecurityOptions;
  readonly #now: () => number;
  readonly #poweredUpMs: number;
  #unlocked: number | undefined;
  #seed: { level: SecurityLevel; bytes: Uint8Array } | undefined;
  #delayUntilMs: number | undefined;

  /** @param now the clock's milliseconds; its value here is the power-up */
  constructor(options: SecurityOptions, now: () => number) {
    this.#options = options;
    this.#now = now;
    this.#poweredUpMs = now();
  }

  /** The level that is unlocked, if any. */
  get unlocked(): number | undefined {
    return this.#unlocked;
  }

  /** A change of session and a reset lock the ECU again. */
  lock(): void {
    this.#unlocked = undefined;
    this.#seed = undefined;
  }

  /** Answers service 27: an odd sub-function asks for a seed, the even one after it brings the key. */
  async access(subFunction: number, data: Uint8Array): Promise<SecurityOutcome> {
    const wantsSeed = subFunction % 2 === 1;
    const level = this.#options.levels.find((l) => l.level === (wantsSeed ? subFunction : subFunction - 1));
    if (level === undefined) return { nrc: Nrc.subFunctionNotSupported };
    return wantsSeed ? await this.#giveSeed(level) : await this.#tryKey(level, data);
  }

  async #giveSeed(level: SecurityLevel): Promise<SecurityOutcome> {
    const { store, random } = this.#options;
    if (this.#unlocked === level.level) return { data: new Uint8Array(level.algorithm.seedBytes) };
    const wrongKeys = await store.load();
    if (wrongKeys >= this.#attemptLimit) {
      if (this.#now() < (this.#delayUntilMs ?? this.#poweredUpMs + this.#delayMs)) {
        return { nrc: Nrc.requiredTimeDelayNotExpired };
      }
      // After the delay there is one attempt more, not a full set.
      await store.save(this.#attemptLimit - 1);
      this.#delayUntilMs = undefined;
    }
    this.#seed = { level, bytes: nonZero(random(level.algorithm.seedBytes)) };
    return { data: this.#seed.bytes };
  }

  async #tryKey(level: SecurityLevel, key: Uint8Array): Promise<SecurityOutcome> {
    const { store } = this.#options;
    const seed = this.#seed;
    this.#seed = undefined;
    if (seed?.level !== level) return { nrc: Nrc.requestSequenceError };
    const expected = level.algorithm.key(seed.bytes, level.secret);
    if (key.length !== expected.length) return { nrc: Nrc.incorrectMessageLengthOrInvalidFormat };
    if (key.every((byte, i) => byte === expected[i])) {
      await store.save(0);
      this.#unlocked = level.level;
      return { data: NOTHING };
    }
    const wrongKeys = (await store.load()) + 1;
    // Before the answer: a tester that cuts the power on reading it gains nothing.
    await store.save(wrongKeys);
    if (wrongKeys < this.#attemptLimit) return { nrc: Nrc.invalidKey };
    this.#delayUntilMs = this.#now() + this.#delayMs;
    return { nrc: Nrc.exceedNumberOfAttempts };
  }

  get #attemptLimit(): number {
    return this.#options.attemptLimit ?? 3;
  }

  get #delayMs(): number {
    return this.#options.delayMs ?? 10_000;
  }
}

/** A seed of zeros means "already unlocked". */
function nonZero(seed: Uint8Array): Uint8Array {
  if (seed.some((byte) => byte !== 0)) return seed;
  const other = seed.slice();
  other[0] = 1;
  return other;
}
