import type { Configuration, DesiredState, ReportedState } from "@halfshaft/ota-format";
import type { CloudApi } from "../cloud-api.ts";
import type { DurableStore } from "../journal/durable-store.ts";

const PREFIX = "settings!";
const KEY = "state";

/** As it is on disk: what the cloud wants, and whether it has been told what became of it. */
interface Kept {
  readonly etag: string;
  readonly state: DesiredState;
  readonly isReported: boolean;
}

export interface SettingsOptions {
  readonly store: DurableStore;
  readonly cloud: Pick<CloudApi, "desiredState" | "putReportedState">;
  /** Wall time, UTC ms. */
  readonly now: () => number;
}

/**
 * The settings that the cloud wants this vehicle to have: fetched, kept on disk for whatever in the vehicle reads them,
 * and reported back. Settings of single ECUs are refused, for no service writes them.
 */
export class Settings {
  readonly #options: SettingsOptions;
  #kept: Kept | undefined;

  private constructor(options: SettingsOptions, kept: Kept | undefined) {
    this.#options = options;
    this.#kept = kept;
  }

  static async open(options: SettingsOptions): Promise<Settings> {
    let kept: Kept | undefined;
    for await (const [, value] of options.store.read(PREFIX)) kept = JSON.parse(value) as Kept;
    return new Settings(options, kept);
  }

  /** Of the vehicle, as they hold now. */
  get current(): Configuration {
    return this.#kept?.state.configuration ?? {};
  }

  /** Asks for news, and reports what was not reported yet. @throws {HttpError}, {StoreError} */
  async refresh(signal: AbortSignal): Promise<void> {
    const { cloud, now } = this.#options;
    const news = await cloud.desiredState(this.#kept?.etag, signal);
    // On disk before the cloud is told that it is.
    if (news !== undefined) await this.#keep({ ...news, isReported: false });
    const kept = this.#kept;
    if (kept === undefined || kept.isReported) return;
    await cloud.putReportedState(reportOf(kept.state, now()), signal);
    await this.#keep({ ...kept, isReported: true });
  }

  #keep(kept: Kept): Promise<void> {
    return this.#options.store.write(() => ({
      operations: [{ type: "put", key: `${PREFIX}${KEY}`, value: JSON.stringify(kept) }],
      onWritten: () => {
        this.#kept = kept;
      },
    }));
  }
}

const reportOf = ({ revision, configuration, ecus }: DesiredState, at: number): ReportedState => ({
  at,
  revision,
  configuration,
  ecus: {},
  refused: ecus.flatMap((ecu) =>
    Object.keys(ecu.configuration).map((key) => ({
      ecuId: ecu.ecuId,
      key,
      reason: "this gateway has no way to set an ECU",
    })),
  ),
});
