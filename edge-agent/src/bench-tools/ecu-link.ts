import type { CanBus } from "@halfshaft/vehicle-net/can";
import type { Clock } from "@halfshaft/vehicle-net/clock";
import { clientTiming, type EcuProfile, gatewayChannel } from "@halfshaft/vehicle-net/ecu";
import { type IsoTpOptions, openIsoTpChannel } from "@halfshaft/vehicle-net/isotp";
import { type ClientTiming, UdsClient } from "@halfshaft/vehicle-net/uds";

/** How to reach one ECU: by its profile, or by what a person knows of it. */
export interface EcuTarget {
  /** For people: `Engine control`, `ECU 7E0`. */
  readonly name: string;
  readonly channel: IsoTpOptions;
  readonly timing?: Partial<ClientTiming>;
  readonly profile?: EcuProfile;
}

export const targetOfProfile = (profile: EcuProfile): EcuTarget => ({
  name: profile.title,
  channel: gatewayChannel(profile),
  timing: clientTiming(profile),
  profile,
});

/** A conversation with one ECU. Its bus stays open: it is its opener's. */
export interface EcuLink extends EcuTarget {
  readonly client: UdsClient;
  close(): Promise<void>;
}

/** @throws {IsoTpOptionError} naming the identifier or option that cannot be */
export function openEcuLink(bus: CanBus, clock: Clock, target: EcuTarget): EcuLink {
  const channel = openIsoTpChannel(bus, clock, target.channel);
  const client = new UdsClient({ transport: channel, clock, timing: target.timing });
  return {
    ...target,
    client,
    async close() {
      client.close();
      await channel.close();
    },
  };
}
