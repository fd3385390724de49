import { isDeepStrictEqual } from "node:util";
import type { Configuration, ReportedState } from "@halfshaft/ota-format";

/** Software of one ECU type: a version, or the one that a release has for it. */
export type WantedSoftware = { readonly version: string } | { readonly releaseId: string };

/** What an operator wants of a vehicle, or of all vehicles of a group. */
export interface StateBody {
  /** By hardware id. */
  readonly software?: Readonly<Record<string, WantedSoftware>>;
  readonly configuration?: {
    readonly vehicle?: Configuration;
    /** By hardware id, for every such ECU, or by ECU id, for that one. */
    readonly ecus?: Readonly<Record<string, Configuration>>;
  };
}

export interface EffectiveState {
  readonly software: Readonly<Record<string, WantedSoftware>>;
  readonly vehicle: Configuration;
  readonly ecus: Readonly<Record<string, Configuration>>;
}

/**
 * All states that hold for a vehicle as one: those of its groups in order of the group's name (by code point), then
 * its own. A later one wins, setting by setting; null takes a setting away.
 */
export function effectiveState(
  groups: readonly { readonly name: string; readonly body: StateBody }[],
  own: StateBody | undefined,
): EffectiveState {
  const inOrder = [...groups].sort((a, b) => (a.name < b.name ? -1 : 1)).map(({ body }) => body);
  const bodies = own ? [...inOrder, own] : inOrder;
  const ecuKeys = new Set(bodies.flatMap(({ configuration }) => Object.keys(configuration?.ecus ?? {})));
  return {
    software: Object.assign({}, ...bodies.map(({ software }) => software)) as EffectiveState["software"],
    vehicle: merged(bodies.map(({ configuration }) => configuration?.vehicle)),
    ecus: Object.fromEntries(
      [...ecuKeys].sort().map((key) => [key, merged(bodies.map((body) => body.configuration?.ecus?.[key]))]),
    ),
  };
}

/** What one ECU is to be set to: what holds for its type, then what names it alone. */
export const ecuConfiguration = (
  { ecus }: EffectiveState,
  { ecuId, hardwareId }: { readonly ecuId: string; readonly hardwareId: string },
): Configuration => (ecuId === hardwareId ? { ...ecus[ecuId] } : { ...ecus[hardwareId], ...ecus[ecuId] });

/**
 * A state in which the settings of one ECU are those of another, whose own win; undefined where it names no settings
 * of that ECU.
 */
export function movedSettings(state: StateBody, from: string, to: string): StateBody | undefined {
  const { [from]: moved, ...others } = state.configuration?.ecus ?? {};
  if (moved === undefined) return undefined;
  const ecus = { ...others, [to]: { ...moved, ...others[to] } };
  return { ...state, configuration: { ...state.configuration, ecus } };
}

/** In order of key, so that equal states are equal as text. */
function merged(layers: readonly (Configuration | undefined)[]): Configuration {
  const all = Object.assign({}, ...layers) as Configuration;
  const kept = Object.entries(all).filter(([, value]) => value !== null);
  return Object.fromEntries(kept.sort(([a], [b]) => (a < b ? -1 : 1)));
}

export interface Setting {
  readonly key: string;
  readonly state: "applied" | "pending" | "refused";
  readonly desired: unknown;
  readonly reported?: unknown;
  /** Why the vehicle refuses it. */
  readonly reason?: string;
}

/**
 * Compares the settings of the vehicle, or of one ECU, with what was reported. A refusal counts as long as the state
 * that it answered is the one that is desired; then the vehicle is asked again.
 */
export function compareSettings(
  desired: Configuration,
  report: ReportedState | undefined,
  where: { readonly ecuId?: string; readonly revision: string },
): Setting[] {
  const { ecuId, revision } = where;
  const reported = (ecuId === undefined ? report?.configuration : report?.ecus[ecuId]) ?? {};
  return Object.entries(desired).map(([key, value]) => {
    const setting = { key, desired: value, ...(key in reported ? { reported: reported[key] } : {}) };
    if (key in reported && isDeepStrictEqual(reported[key], value)) return { ...setting, state: "applied" };
    const refusal = report?.refused.find((refused) => refused.ecuId === ecuId && refused.key === key);
    if (refusal === undefined || report?.revision !== revision) return { ...setting, state: "pending" };
    return { ...setting, state: "refused", reason: refusal.reason };
  });
}
