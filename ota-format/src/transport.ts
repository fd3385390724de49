import { Type, type Static } from "typebox";
import { Whole } from "./scalars.ts";

/**
 * How an image gets into its ECU: as the `full` image; as a delta that the `gateway` applies before it flashes, or that
 * the `ecu` applies while it arrives, so that only the patch crosses the bus; or compressed, which takes no base: unpacked
 * in the gateway (`compressedGateway`), or by the ECU as it arrives (`compressedEcu`).
 */
export const TRANSPORTS = ["full", "gateway", "ecu", "compressedGateway", "compressedEcu"] as const;
export type Transport = (typeof TRANSPORTS)[number];

/** What one way was estimated to cost before it was chosen, or was not. */
export const TransportEstimate = Type.Object(
  {
    transport: Type.Enum(TRANSPORTS),
    downloadBytes: Type.Integer({ ...Whole, description: "Over the air; 0 where the gateway has it" }),
    busBytes: Type.Integer({ ...Whole, description: "Of the image or the patch over the vehicle's bus" }),
    estimateMs: Type.Integer({ ...Whole, description: "Download, applying on the gateway, and bus" }),
  },
  { additionalProperties: false },
);
export type TransportEstimate = Static<typeof TransportEstimate>;
