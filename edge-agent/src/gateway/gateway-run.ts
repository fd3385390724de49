import type { CloudApi } from "../cloud-api.ts";
import type { VehicleBus } from "../ecus/ecu-access.ts";
import { storeExchanged } from "../ecus/exchanged.ts";
import type { GatewayDeps } from "./gateway-deps.ts";
import type { ConsentDecision, GatewayControls, GatewayState, VehicleState } from "../gateway-state.ts";
import type { Http } from "../http/http.ts";
import type { DurableStore } from "../journal/durable-store.ts";
import type { Journal } from "../journal/journal.ts";
import { planOf } from "../journal/job-facts.ts";
import type { Nudge } from "../nudge.ts";
import type { Staging } from "../staging.ts";
import type { Outbox } from "../telemetry/outbox.ts";
import type { Sender } from "../telemetry/sender.ts";
import type { Repository } from "../trust/repository.ts";
import { consentFact } from "../update/consent.ts";
import type { Steps } from "../update/machine.ts";
import { imageSha256 } from "../update/plan-types.ts";
import type { Progress } from "../update/progress.ts";
import { runUpdate } from "../update/run-update.ts";
import { startingPoint } from "../update/recover.ts";
import { createSteps } from "../update/steps.ts";
import { startWakeUp, type WakeUp } from "../wake-up.ts";
import { Inventory } from "./inventory.ts";
import { viewJob } from "./job-view.ts";
import { makeMissingImages } from "./missing-images.ts";
import { noProgress, withProgress } from "./live-progress.ts";
import { nextNight } from "./next-night.ts";
import type { Settings } from "./settings.ts";

/** The parts that `createGateway` has put together. */
export interface GatewayParts extends GatewayDeps {
  readonly store: DurableStore;
  readonly outbox: Outbox;
  readonly journal: Journal;
  readonly nudge: Nudge;
  readonly http: Http;
  readonly bus: VehicleBus;
  readonly cloud: CloudApi;
  readonly sender: Sender;
  readonly settings: Settings;
  readonly director: Repository;
  readonly image: Repository;
  readonly staging: Staging;
  readonly clockTrusted: () => boolean;
}

/** Before a job is taken up again that ended without its end. */
const UNFINISHED_PAUSE_MS = 30_000;

/** The gateway at work: one job after the other, and the state that everyone sees. */
export class GatewayRun implements GatewayControls {
  readonly #parts: GatewayParts;
  readonly #steps: Steps;
  readonly #inventory: Inventory;
  readonly #listeners = new Set<(state: GatewayState) => void>();
  readonly #power = new AbortController();
  readonly #tasks: Promise<void>[] = [];
  #wakeUp: WakeUp | undefined;
  #vehicle: VehicleState = {};
  #live = noProgress;
  #online = false;
  #lastCheckAt: number | undefined;
  #askAgain = true;
  #manifestDue = true;

  constructor(parts: GatewayParts) {
    this.#parts = parts;
    const { config, bus, log, journal } = parts;
    const onChange = (): void => this.#publish();
    this.#inventory = new Inventory({ access: bus, gateway: config.gateway, log, onChange });
    this.#steps = createSteps({
      ...parts,
      vehicleId: config.vehicleId,
      imageTargetsUrl: `${config.cloudUrl}/repo/image/targets`,
      ecus: bus,
      sendManifest: (signal) => this.#sendManifest(signal),
      progress: (progress) => this.#progressed(progress),
      deltaPreference: config.deltaPreference,
      limits: {
        downloadBytesPerSecond: config.downloadBytesPerSecond,
        readinessTimeoutMs: config.readinessTimeoutMs,
        settleTimeoutMs: config.settleTimeoutMs,
      },
    });
    journal.subscribe((fact) => {
      const { step, ecuId, kind, payload } = fact;
      log.info({ step, ecuId, kind, failure: payload?.failure, outcome: payload?.outcome }, "fact");
      if (step === "offer") this.#live = noProgress;
      this.#publish();
      parts.onFact?.(fact);
    });
  }

  start(): void {
    const { signal } = this.#power;
    const { clock, config, token, log, vehicle, sender } = this.#parts;
    const { mqttUrl, vehicleId, pollMs } = config;
    vehicle.subscribe?.(() => this.#inBackground("measuring the vehicle", () => this.#measure()));
    this.#inBackground("measuring the vehicle", () => this.#measure());
    this.#inBackground("telemetry", () => sender.run(signal));
    this.#inBackground("heartbeat", () => this.#beat(signal));
    this.#inBackground("updates", () => this.#work(signal));
    this.#wakeUp = startWakeUp({
      clock,
      pollMs,
      ...(mqttUrl === undefined ? {} : { mqtt: { url: mqttUrl, vehicleId, token } }),
      onWakeUp: (reason) => {
        log.debug({ reason }, "wake-up");
        this.#ask();
      },
    });
  }

  async stop(): Promise<void> {
    this.#parts.store.close();
    this.#power.abort(new DOMException("the agent stops", "AbortError"));
    await this.#wakeUp?.close();
    await Promise.all(this.#tasks);
    await this.#parts.bus.close();
  }

  subscribe(listener: (state: GatewayState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  current(): GatewayState {
    const { now, journal, bus, config, settings } = this.#parts;
    const at = now();
    const job = viewJob(journal.facts, {
      now: at,
      vehicle: this.#vehicle,
      live: this.#live,
      busBytesPerSecond: bus.bytesPerSecond,
    });
    return {
      at,
      cloud: this.#online ? "online" : "offline",
      vehicle: this.#vehicle,
      ecus: this.#inventory.states,
      ...(job === undefined ? {} : { job }),
      ...(Object.keys(settings.current).length === 0 ? {} : { settings: settings.current }),
      ...(this.#lastCheckAt === undefined ? {} : { lastCheckAt: this.#lastCheckAt }),
      ...(config.assistancePhone === undefined ? {} : { assistancePhone: config.assistancePhone }),
    };
  }

  async decide(jobId: string, decision: ConsentDecision): Promise<boolean> {
    const { journal, now, nudge } = this.#parts;
    const { job } = this.current();
    if (job?.jobId !== jobId || !(job.decisions ?? []).includes(decision)) return false;
    const startAt = decision === "tonight" ? nextNight(now()) : now();
    await journal.append(consentFact({ answer: decision === "decline" ? "decline" : "install", startAt }));
    nudge.wake();
    return true;
  }

  async check(): Promise<void> {
    await this.#measure();
    this.#ask();
  }

  async acknowledge(jobId: string): Promise<boolean> {
    const { job } = this.current();
    if (job?.jobId !== jobId || job.outcome === undefined) return false;
    await this.#parts.journal.append({ step: "report", kind: "decision", payload: { seen: true } });
    return true;
  }

  heardFromCloud(answered: boolean): void {
    if (answered === this.#online) return;
    this.#online = answered;
    this.#publish();
  }

  /** Ends every pause: whatever waits for the cloud, the vehicle or a person looks again. */
  #ask(): void {
    this.#askAgain = true;
    this.#parts.nudge.wake();
  }

  /** First what the journal says, before anything else; then offers, as long as there is power. */
  async #work(signal: AbortSignal): Promise<void> {
    const { journal, nudge, now, config } = this.#parts;
    await this.#inventory.refresh(signal);
    if (startingPoint(journal.facts) === "rest") await this.#recogniseExchanged();
    while (true) {
      this.#askAgain = false;
      const isResting = startingPoint(journal.facts) === "rest";
      if (isResting && this.#manifestDue) await this.#trySendingManifest(signal);
      if (isResting) await this.#tryRefreshingSettings(signal);
      if (isResting) this.#lastCheckAt = now();
      const before = journal.facts;
      await runUpdate(this.#steps, journal.facts, signal);
      if (startingPoint(journal.facts) !== "rest") {
        // The machine came to its end and the job did not: no fact could be written, or the agent is at fault.
        await nudge.pause(UNFINISHED_PAUSE_MS, signal);
        continue;
      }
      await this.#cleanUp(signal);
      this.#publish();
      const hadJob = journal.facts !== before;
      if (!hadJob && !this.#askAgain) await nudge.pause(config.pollMs * 2, signal);
    }
  }

  async #trySendingManifest(signal: AbortSignal): Promise<void> {
    const { cloud, now, clockTrusted, log } = this.#parts;
    try {
      await cloud.putManifest(this.#inventory.manifest(now(), clockTrusted()), signal);
      this.#manifestDue = false;
    } catch (error) {
      signal.throwIfAborted();
      log.warn({ err: error }, "the version manifest is sent later");
    }
  }

  /**
   * An ECU that was exchanged in a workshop answers with another serial: that is its name from now on. The cloud holds
   * the vehicle until someone has approved it. Never within a job, whose plan names the ECUs that it is for.
   */
  async #recogniseExchanged(): Promise<void> {
    const { bus, store, config, log } = this.#parts;
    const { serials } = this.#inventory;
    const isTwice = new Set(serials).size < serials.length;
    const exchanged = new Map(config.ecus.map(({ ecuId }, place) => [ecuId, serials[place]!]));
    const isKnown = bus.ecus.every(({ ecuId }, place) => ecuId === serials[place]);
    if (isTwice || isKnown) return;
    await storeExchanged(store, exchanged);
    bus.recognise(exchanged);
    this.#inventory.renamed();
    log.warn({ exchanged: Object.fromEntries(exchanged) }, "ECUs were exchanged");
  }

  async #tryRefreshingSettings(signal: AbortSignal): Promise<void> {
    const { settings, log } = this.#parts;
    try {
      await settings.refresh(signal);
    } catch (error) {
      signal.throwIfAborted();
      log.info({ err: error }, "the settings are asked for later");
    }
  }

  /** What the ECUs say now, as the cloud is to know it. */
  async #sendManifest(signal: AbortSignal): Promise<void> {
    const { cloud, now, clockTrusted } = this.#parts;
    await this.#inventory.refresh(signal);
    await cloud.putManifest(this.#inventory.manifest(now(), clockTrusted()), signal);
    this.#manifestDue = false;
  }

  /** Keeps what ECUs run, as the base of their next delta, and what an unfinished plan needs. */
  async #cleanUp(signal: AbortSignal): Promise<void> {
    const { staging, journal } = this.#parts;
    const digests = this.#inventory.imageDigests;
    if (digests === undefined) return;
    const planned = planOf(journal.facts)?.ecus ?? [];
    const running = planned.filter((ecu) => digests.has(imageSha256(ecu)));
    await makeMissingImages(running, this.#parts, signal);
    await staging.prune(new Set([...digests, ...planned.map(imageSha256)]));
  }

  /** At most one heartbeat waits: weeks offline are not worth thousands of them. */
  async #beat(signal: AbortSignal): Promise<void> {
    const { clock, outbox, config, journal } = this.#parts;
    while (true) {
      await clock.sleep(config.heartbeatMs, signal);
      if (outbox.waiting.some(({ type }) => type === "heartbeat")) continue;
      const isBusy = startingPoint(journal.facts) !== "rest";
      const jobId = isBusy ? journal.facts[0]?.jobId : undefined;
      const intervalMs = config.heartbeatMs;
      await outbox.add({ type: "heartbeat", intervalMs, ...(jobId === undefined ? {} : { jobId }) });
    }
  }

  async #measure(): Promise<void> {
    this.#vehicle = await this.#parts.vehicle.read();
    this.#publish();
  }

  #progressed(progress: Progress): void {
    if (progress.kind === "measured") this.#vehicle = progress.vehicle;
    this.#live = withProgress(this.#live, progress);
    this.#publish();
  }

  #publish(): void {
    if (this.#listeners.size === 0) return;
    const state = this.current();
    for (const listener of this.#listeners) listener(state);
  }

  /** Work that ends with the power; whatever else ends it is a fault of the agent, and is said so. */
  #inBackground(what: string, work: () => Promise<void>): void {
    const { log } = this.#parts;
    const { signal } = this.#power;
    this.#tasks.push(
      work().catch((error: unknown) => {
        if (!signal.aborted) log.fatal({ err: error }, `${what} came to an end`);
      }),
    );
  }
}
