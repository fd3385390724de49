import type { FunctionalOptions, IsoTpFrameOptions, IsoTpOptions } from "../isotp/options.ts";
import type { EcuProfile } from "./profile.ts";

/** The gateway's end of the channel to this ECU. */
export const gatewayChannel = (profile: EcuProfile): IsoTpOptions => {
  const { requestId, responseId, extended } = profile.addressing;
  return { addressing: { mode: "normal", txId: requestId, rxId: responseId, extended }, ...frames(profile) };
};

/** The ECU's end of the same channel. */
export const ecuChannel = (profile: EcuProfile): IsoTpOptions => {
  const { requestId, responseId, extended } = profile.addressing;
  return { addressing: { mode: "normal", txId: responseId, rxId: requestId, extended }, ...frames(profile) };
};

/** The functional address: the gateway sends to it, the ECU listens. */
export const functionalChannel = (profile: EcuProfile): FunctionalOptions => {
  const { functionalId, extended } = profile.addressing;
  return { addressing: { mode: "normal", id: functionalId, extended }, ...frames(profile) };
};

const frames = ({ addressing }: EcuProfile): IsoTpFrameOptions => ({
  padding: addressing.padding ?? false,
  ...(addressing.fdTxDl === undefined ? {} : { txDl: addressing.fdTxDl, fd: true }),
});
