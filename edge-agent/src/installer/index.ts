export * from "./installer.ts";
export * from "./installer-error.ts";
export { UdsInstaller, type UdsInstallerOptions } from "./uds-installer.ts";
