import type { DeltaEngine } from "@halfshaft/ota-format/delta";
import type { Clock } from "@halfshaft/vehicle-net/clock";
import type { Logger } from "pino";
import type { CloudApi } from "../cloud-api.ts";
import type { EcuAccess } from "../ecus/ecu-access.ts";
import type { Http } from "../http/http.ts";
import type { Journal } from "../journal/journal.ts";
import type { Nudge } from "../nudge.ts";
import type { Staging } from "../staging.ts";
import type { Sender } from "../telemetry/sender.ts";
import type { Repository } from "../trust/repository.ts";
import type { VehicleStateSource } from "../vehicle-state.ts";
import type { DeltaPreference } from "./choose-transport.ts";
import type { Progress } from "./progress.ts";

/** What the steps of an update work with. */
export interface UpdateDeps {
  readonly vehicleId: string;
  readonly journal: Journal;
  readonly clock: Clock;
  /** Wall time, UTC ms. */
  readonly now: () => number;
  readonly http: Http;
  readonly cloud: CloudApi;
  readonly director: Repository;
  readonly image: Repository;
  /** Where the files of the Image repository are: `https://…/repo/image/targets`. */
  readonly imageTargetsUrl: string;
  readonly staging: Staging;
  readonly deltas: Pick<DeltaEngine, "apply">;
  readonly ecus: EcuAccess;
  readonly vehicle: VehicleStateSource;
  readonly sender: Sender;
  /** Sends the version manifest. @throws {HttpError} */
  readonly sendManifest: (signal: AbortSignal) => Promise<void>;
  readonly nudge: Nudge;
  readonly progress: (progress: Progress) => void;
  readonly log: Logger;
  readonly limits: UpdateLimits;
  readonly deltaPreference: DeltaPreference;
}

export interface UpdateLimits {
  /** Bytes per second that downloads take at most; 0: all. */
  readonly downloadBytesPerSecond: number;
  /** How long the vehicle is waited for before flash, and again before activate. */
  readonly readinessTimeoutMs: number;
  /** How long ECUs are driven to the decision before one that does not follow is given up. */
  readonly settleTimeoutMs: number;
}
