import cors from "@fastify/cors";
import helmet from "helmet";
import { isIP } from "node:net";
import { type App, DEVICE_PATH } from "../cloud.ts";
import type { CloudConfig } from "../config.ts";
import { Refusal } from "../refusals.ts";

type Settings = Pick<CloudConfig, "tlsCert" | "behindProxy" | "corsOrigins">;

const YEAR_S = 365 * 24 * 60 * 60;
const PREFLIGHT_KEPT_S = 600;

/** Headers that tell browsers what to keep away from the pages, and which other sites may call the API. */
export async function addWebSecurity(app: App, settings: Settings): Promise<void> {
  const isTls = settings.tlsCert !== "" || settings.behindProxy !== "";
  const protect = helmet({
    // A year of TLS only (RFC 6797): not where the cloud is reached by plain HTTP on its own machine.
    hsts: isTls ? { maxAge: YEAR_S, includeSubDomains: false } : false,
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        imgSrc: ["'self'", "data:"],
        objectSrc: ["'none'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
        ...(isTls ? { upgradeInsecureRequests: [] } : {}),
      },
    },
    referrerPolicy: { policy: "no-referrer" },
    xFrameOptions: { action: "deny" },
  });
  app.addHook("onRequest", (request, reply, proceed) => {
    // No browser asks there, and a whole fleet does.
    if (request.url.startsWith(DEVICE_PATH)) proceed();
    else protect(request.raw, reply.raw, (error) => proceed(error as Error | undefined));
  });
  if (settings.corsOrigins === "") return;
  await app.register(cors, {
    origin: originsOf(settings.corsOrigins),
    methods: ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
    allowedHeaders: [
      "authorization",
      "content-type",
      "idempotency-key",
      "if-match",
      "if-none-match",
      "last-event-id",
      "traceparent",
    ],
    exposedHeaders: ["etag", "retry-after", "traceparent"],
    // Tokens travel in a header that a page sets itself: there is no cookie to send along.
    credentials: false,
    maxAge: PREFLIGHT_KEPT_S,
  });
}

/** @throws {Refusal} CLOUD_CONFIG_INVALID */
export function checkWebSecurity(settings: Settings): void {
  if (settings.corsOrigins !== "") originsOf(settings.corsOrigins);
  trustedProxies(settings);
}

/** @throws {Refusal} CLOUD_CONFIG_INVALID: `*` would let any page try tokens from inside a network */
function originsOf(text: string): string[] {
  const origins = listOf(text);
  const wrong = origins.find((origin) => !URL.canParse(origin) || new URL(origin).origin !== origin);
  if (wrong === undefined) return origins;
  const reason = "it must be origins such as https://console.example, with commas";
  throw new Refusal("CLOUD_CONFIG_INVALID", { setting: "--cors-origins", value: `"${wrong}"`, reason });
}

/**
 * The proxies whose X-Forwarded-For counts; false for none, so that nobody chooses the address that he is limited by.
 * @throws {Refusal} CLOUD_CONFIG_INVALID
 */
export function trustedProxies({ behindProxy }: Pick<CloudConfig, "behindProxy">): string[] | false {
  if (behindProxy === "") return false;
  const proxies = listOf(behindProxy);
  const wrong = proxies.find((proxy) => !isNetwork(proxy));
  if (wrong === undefined) return proxies;
  const reason = "it must be addresses or networks such as 10.0.0.0/8, with commas";
  throw new Refusal("CLOUD_CONFIG_INVALID", { setting: "--behind-proxy", value: `"${wrong}"`, reason });
}

function isNetwork(text: string): boolean {
  const [address = "", bits, ...more] = text.split("/");
  const version = isIP(address);
  if (version === 0 || more.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128));
}

const listOf = (text: string): string[] => text.split(",").map((part) => part.trim());
