export { buildApp } from "./app.ts";
export { artifactFolder, type ArtifactStore } from "./artifacts/store.ts";
export { assembleCloud, initialise, type CloudParts } from "./assemble.ts";
export type { App, Cloud } from "./cloud.ts";
export { DEFAULTS, readConfig, type CloudConfig } from "./config.ts";
export { DEFAULT_ORGANISATION, openDatabase, type Database } from "./db/open.ts";
export { Refusal } from "./refusals.ts";
export type { DeltaCreator } from "./releases/delta-maker.ts";
export { ephemeralSigners, type Signers } from "./trust/keys.ts";
