import { checkIdentityProvider } from "./access/identity-provider.ts";
import type { CloudConfig } from "./config.ts";
import { checkWebSecurity } from "./plugins/web-security.ts";
import { requireTls } from "./tls.ts";

/** What one setting alone does not show: before anything is opened. @throws {Refusal} CLOUD_CONFIG_INVALID or TLS_REQUIRED */
export function checkConfig(config: CloudConfig): void {
  checkWebSecurity(config);
  checkIdentityProvider(config);
  requireTls(config);
}
