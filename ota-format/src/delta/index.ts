export * from "./apply-verified.ts";
export * from "./bsdiff40-apply.ts";
export * from "./bsdiff40-create.ts";
export { inspectBsdiff40 } from "./bsdiff40-header.ts";
export type { Bsdiff40Header } from "./bsdiff40-header.ts";
export * from "./code-like-pair.ts";
export * from "./delta-error.ts";
export * from "./engine.ts";
export * from "./worker-engine.ts";
