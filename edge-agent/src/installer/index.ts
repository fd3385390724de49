export * from "./installer.ts";
export * from "./installer-error.ts";
export { type Conversation, SharedBus } from "./shared-bus.ts";
export { UdsInstaller, type UdsInstallerOptions } from "./uds-installer.ts";
