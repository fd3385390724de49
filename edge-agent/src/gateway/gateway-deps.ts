import type { DeltaEngine } from "@halfshaft/ota-format/delta";
import type { CanBus } from "@halfshaft/vehicle-net/can";
import type { Clock } from "@halfshaft/vehicle-net/clock";
import type { ClientEvent } from "@halfshaft/vehicle-net/uds";
import type { Logger } from "pino";
import type { AgentConfig } from "../config.ts";
import type { FetchFunction } from "../http/http.ts";
import type { LevelDatabase } from "../journal/durable-store.ts";
import type { Fact } from "../journal/fact.ts";
import type { VehicleStateSource } from "../vehicle-state.ts";

/** Root metadata of both repositories, as the vehicle was provisioned with them. */
export interface PinnedRoots {
  readonly director: Uint8Array;
  readonly image: Uint8Array;
}

/** Everything that a gateway touches; with other parts the same gateway runs in virtual time. */
export interface GatewayDeps {
  readonly config: AgentConfig;
  readonly dataFolder: string;
  /** The journal's database, open; it stays its opener's. */
  readonly level: LevelDatabase;
  readonly roots: PinnedRoots;
  /** Device token. */
  readonly token: string;
  readonly fetch: FetchFunction;
  readonly openBus: () => Promise<CanBus>;
  readonly clock: Clock;
  /** Wall time, UTC ms. */
  readonly now: () => number;
  readonly deltas: Pick<DeltaEngine, "apply" | "applyImagePatch">;
  readonly vehicle: VehicleStateSource;
  readonly log: Logger;
  /** Called after each fact, once it is on disk. */
  readonly onFact?: (fact: Fact) => void;
  /** Every request to and answer from an ECU, for traces. */
  readonly onUds?: (ecuId: string, event: ClientEvent) => void;
}
