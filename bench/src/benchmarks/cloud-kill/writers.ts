import { BenchError } from "../../bench-error.ts";
import { CloudClient } from "../../demo/cloud-client.ts";
import { heartbeats } from "../cloud/telemetry.ts";
import { HARDWARE_ID, type Fleet } from "../cloud/seed.ts";
import type { Acknowledged } from "./acknowledged.ts";

const EVENT_WRITERS = 4;
const EVENTS = 20;

/** Clients that write as fast as they are answered, until the cloud is gone; each notes what was acknowledged. */
export class Writers {
  readonly #url: string;
  readonly #operator: CloudClient;
  readonly #fleet: Fleet;
  readonly #acknowledged: Acknowledged;
  readonly #counter: { next: number };
  isStopped = false;

  constructor(
    url: string,
    operatorKey: string,
    fleet: Fleet,
    acknowledged: Acknowledged,
    counter: { next: number },
  ) {
    this.#url = url;
    this.#operator = new CloudClient(url, operatorKey);
    this.#fleet = fleet;
    this.#acknowledged = acknowledged;
    this.#counter = counter;
  }

  /** @returns once all have met the end of the cloud */
  async run(): Promise<void> {
    const events = Array.from({ length: EVENT_WRITERS }, () => this.#until(() => this.#sendEvents()));
    const others = [
      this.#until(() => this.#registerVehicle()),
      this.#until(() => this.#turnCampaign()),
      this.#until(() => this.#askForOffer()),
    ];
    await Promise.all([...events, ...others]);
  }

  /** What fails after the cloud was killed is what was expected; before, it is a failure of the run. */
  async #until(write: () => Promise<void>): Promise<void> {
    try {
      while (!this.isStopped) await write();
    } catch (error) {
      if (!this.isStopped) throw error;
    }
  }

  async #sendEvents(): Promise<void> {
    const number = this.#counter.next++;
    const body = heartbeats(number, EVENTS);
    await this.#asVehicle(number, "POST", "/api/v1/device/events", body);
    const { events } = JSON.parse(body) as { events: { eventId: string }[] };
    for (const { eventId } of events) this.#acknowledged.eventIds.add(eventId);
  }

  async #askForOffer(): Promise<void> {
    await this.#asVehicle(this.#counter.next++, "GET", "/api/v1/device/offer");
  }

  async #registerVehicle(): Promise<void> {
    const vehicleId = `new-${this.#counter.next++}`;
    await this.#operator.post("/api/v1/vehicles", {
      vehicleId,
      groups: [],
      ecus: [{ ecuId: `ENG-${vehicleId}`, name: "Engine control", hardwareId: HARDWARE_ID }],
    });
    this.#acknowledged.vehicleIds.add(vehicleId);
  }

  async #turnCampaign(): Promise<void> {
    const { campaign } = this.#acknowledged;
    const [verb, state] = campaign.state === "active" ? ["pause", "paused"] : ["resume", "active"];
    campaign.maybe = state;
    await this.#operator.post(`/api/v1/campaigns/${campaign.id}/${verb}`);
    campaign.state = state;
    campaign.maybe = undefined;
  }

  async #asVehicle(number: number, method: string, path: string, body?: string): Promise<void> {
    const token = this.#fleet.tokens[number % this.#fleet.vehicles]!;
    const answer = await fetch(`${this.#url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      body,
    });
    const text = await answer.text();
    if (!answer.ok) throw new BenchError("CLOUD_REFUSED", `${method} ${path}: ${answer.status} ${text}`);
  }
}
