export * from "./custom.ts";
export * from "./descriptor.ts";
export * from "./descriptor-error.ts";
