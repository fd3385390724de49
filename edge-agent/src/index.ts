export { AgentError, type AgentErrorCode } from "./agent-error.ts";
export { AgentConfig, DEFAULTS, readConfig } from "./config.ts";
export { createGateway, type Gateway, type GatewayDeps, type PinnedRoots } from "./gateway.ts";
export * from "./gateway-state.ts";
export type { FetchFunction } from "./http/http.ts";
export type { LevelDatabase } from "./journal/durable-store.ts";
export type { Fact } from "./journal/fact.ts";
export { Staging } from "./staging.ts";
export { SimulatedVehicle, type VehicleStateSource } from "./vehicle-state.ts";
