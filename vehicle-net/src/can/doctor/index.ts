export { diagnose } from "./diagnose.ts";
export type { Diagnosis, DiagnosisCode } from "./diagnosis.ts";
export { examineBus, type ExamineBusOptions } from "./examine-bus.ts";
export { listInterfaces } from "./interfaces.ts";
export type * from "./observations.ts";
export { openExamined, type ExaminedOpening } from "./open-bus.ts";
export { listPorts } from "./ports.ts";
