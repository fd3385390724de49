import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createSecureContext, type SecureContextOptions } from "node:tls";
import type { CloudConfig } from "./config.ts";
import { Refusal } from "./refusals.ts";

/** A certificate chain and its key as the cloud serves them. */
export interface ServerTls extends SecureContextOptions {
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly minVersion: "TLSv1.3";
}

type Settings = Pick<CloudConfig, "host" | "tlsCert" | "tlsKey" | "behindProxy">;

/**
 * Reads certificate and key, PEM, and checks that they belong together.
 * @returns undefined where the configuration names neither.
 * @throws {Refusal} TLS_INCOMPLETE, FILE_UNREADABLE or TLS_UNUSABLE
 */
export async function readTls({ tlsCert, tlsKey }: Settings): Promise<ServerTls | undefined> {
  if (tlsCert === "" && tlsKey === "") return undefined;
  if (tlsCert === "" || tlsKey === "") {
    throw new Refusal("TLS_INCOMPLETE", { missing: tlsCert === "" ? "--tls-cert" : "--tls-key" });
  }
  const [cert, key] = await Promise.all([readPem(tlsCert), readPem(tlsKey)]);
  const tls: ServerTls = { cert, key, minVersion: "TLSv1.3" };
  try {
    createSecureContext(tls);
    requirePair(cert, key);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Refusal("TLS_UNUSABLE", { cert: tlsCert, key: tlsKey, reason }, { cause });
  }
  return tls;
}

/** OpenSSL compares them only where they are of one type, and keeps both where they are not. */
function requirePair(cert: Buffer, key: Buffer): void {
  if (new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))) return;
  throw new TypeError("the key is not the certificate's");
}

const readPem = (path: string): Promise<Buffer> =>
  readFile(path).catch((cause: unknown) => {
    const reason = cause instanceof Error && "code" in cause ? String(cause.code) : String(cause);
    throw new Refusal("FILE_UNREADABLE", { path, reason }, { cause });
  });

const LOOPBACK = /^(127(\.\d{1,3}){3}|::1|localhost)$/;

/**
 * Tokens and passwords cross a network under TLS only.
 * @throws {Refusal} TLS_REQUIRED where others could reach a cloud that speaks plain HTTP
 */
export function requireTls({ host, tlsCert, behindProxy }: Settings): void {
  if (tlsCert !== "" || behindProxy !== "" || LOOPBACK.test(host)) return;
  throw new Refusal("TLS_REQUIRED", { host });
}
