import type { BootState, EcuReport, VersionManifest } from "@halfshaft/ota-format";
import type { TrialState } from "@halfshaft/vehicle-net/ecu";
import type { Logger } from "pino";
import type { Ecu, EcuAccess } from "../ecus/ecu-access.ts";
import type { EcuState } from "../gateway-state.ts";
import type { EcuStatus } from "../installer/installer.ts";

/** The gateway is an ECU of the vehicle too. How it installs on itself is open, so it only reports. */
export interface GatewayUnit extends Ecu {
  readonly version: string;
}

interface Known {
  readonly answers: EcuState["answers"];
  readonly report: EcuReport;
}

/** What every control unit of the vehicle last said of itself. */
export class Inventory {
  readonly #access: EcuAccess;
  readonly #gateway: GatewayUnit | undefined;
  readonly #log: Logger;
  readonly #onChange: () => void;
  readonly #known = new Map<string, Known>();

  constructor(options: {
    access: EcuAccess;
    gateway: GatewayUnit | undefined;
    log: Logger;
    onChange: () => void;
  }) {
    this.#access = options.access;
    this.#gateway = options.gateway;
    this.#log = options.log;
    this.#onChange = options.onChange;
    for (const ecu of this.#access.ecus) {
      this.#known.set(ecu.ecuId, { answers: "asking", report: unknownReport(ecu) });
    }
  }

  /** Asks every ECU, side by side. One that does not answer is `unknown`, which is not bad. */
  async refresh(signal: AbortSignal): Promise<void> {
    await Promise.all(this.#access.ecus.map((ecu) => this.#ask(ecu, signal)));
  }

  /** Serials of the ECUs in the order of the vehicle's configuration; of a silent one, the id that it goes by. */
  get serials(): readonly string[] {
    return this.#access.ecus.map(({ ecuId }) => this.#known.get(ecuId)!.report.ecuId);
  }

  /** After ECUs go by the serials that they answer with: what is known of them does too. */
  renamed(): void {
    const known = [...this.#known.values()];
    this.#known.clear();
    for (const [place, { ecuId }] of this.#access.ecus.entries()) this.#known.set(ecuId, known[place]!);
  }

  /** In the order of the vehicle's configuration, the gateway last. */
  get states(): readonly EcuState[] {
    const units = this.#access.ecus.map(({ ecuId, name, hardwareId }) => {
      const { answers, report } = this.#known.get(ecuId)!;
      return { ecuId, name, hardwareId, version: report.version, answers };
    });
    if (this.#gateway === undefined) return units;
    return [...units, { ...this.#gateway, answers: "yes" }];
  }

  /** Digests of all images that ECUs run; undefined where one of them did not tell. */
  get imageDigests(): ReadonlySet<string> | undefined {
    const digests = [...this.#known.values()].map(({ report }) => report.imageSha256);
    return digests.includes(undefined) ? undefined : new Set(digests.flatMap((digest) => digest ?? []));
  }

  manifest(at: number, clockTrusted: boolean): VersionManifest {
    const reports = [...this.#known.values()].map(({ report }) => report);
    const gateway = this.#gateway;
    const own: readonly EcuReport[] = gateway === undefined ? [] : [{ ...gateway, bootState: "committed" }];
    return { at, clockTrusted, ecus: [...reports, ...own] };
  }

  async #ask(ecu: Ecu, signal: AbortSignal): Promise<void> {
    try {
      const status = await this.#access.use(ecu.ecuId, (installer) => installer.status({ signal }));
      this.#known.set(ecu.ecuId, { answers: "yes", report: reportOf(ecu, status) });
    } catch (error) {
      signal.throwIfAborted();
      this.#log.warn({ err: error, ecuId: ecu.ecuId }, "an ECU does not answer");
      this.#known.set(ecu.ecuId, { answers: "no", report: unknownReport(ecu) });
    }
    this.#onChange();
  }
}

const bootStates: Readonly<Record<TrialState, BootState>> = {
  none: "committed",
  armed: "committed",
  trial: "trial",
  fallback: "fellBack",
  unknown: "unknown",
};

function reportOf(ecu: Ecu, status: EcuStatus): EcuReport {
  const { version, imageSha256, releaseCounter, activeBank } = status;
  return {
    ecuId: status.serialNumber,
    name: ecu.name,
    hardwareId: status.hardwareId,
    ...(version === undefined ? {} : { version }),
    ...(imageSha256 === undefined ? {} : { imageSha256 }),
    ...(releaseCounter === undefined ? {} : { releaseCounter }),
    ...(activeBank === undefined ? {} : { activeBank }),
    bootState: bootStates[status.trialState],
  };
}

const unknownReport = ({ ecuId, name, hardwareId }: Ecu): EcuReport => ({
  ecuId,
  name,
  hardwareId,
  bootState: "unknown",
});
