import type { ConditionState, VehicleState } from "../gateway-state.ts";

/** What a step tells while it works; never kept, so a restart begins with what the facts say. */
export type Progress =
  | {
      readonly kind: "bytes";
      readonly step: "download" | "patch" | "flash";
      readonly ecuId: string;
      readonly done: number;
      readonly total: number;
    }
  /** A download waits for the connection, or goes on. */
  | { readonly kind: "paused"; readonly paused: boolean }
  /** The vehicle was measured. */
  | {
      readonly kind: "measured";
      readonly vehicle: VehicleState;
      readonly conditions: readonly ConditionState[];
    };
