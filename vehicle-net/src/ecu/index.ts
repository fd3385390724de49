export * from "./dids.ts";
export * from "./load-profile.ts";
export * from "./profile.ts";
export * from "./profile-error.ts";
export * from "./routines.ts";
export * from "./seed-key.ts";
export * from "./table.ts";
export * from "./timing.ts";
