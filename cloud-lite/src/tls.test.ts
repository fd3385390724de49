import "reflect-metadata";
import { X509CertificateGenerator } from "@peculiar/x509";
import { generateKeyPairSync, webcrypto } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { get } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, type TLSSocket } from "node:tls";
import { afterEach, beforeEach, expect, test } from "vitest";
import { DEFAULTS, type CloudConfig } from "./config.ts";
import { initialiseFolder } from "./data-folder.ts";
import { startCloud, type RunningCloud } from "./server.ts";
import { readTls, requireTls } from "./tls.ts";

let folder: string;
let config: CloudConfig;
let cloud: RunningCloud | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "halfshaft-tls-"));
  const [tlsCert, tlsKey] = [join(folder, "cert.pem"), join(folder, "key.pem")];
  const ports = { port: 0, mqttPort: 0, logLevel: "silent" } as const;
  config = { ...DEFAULTS, ...ports, data: join(folder, "data"), tlsCert, tlsKey };
  await makeCertificate("first");
});
afterEach(async () => {
  await cloud?.close();
  cloud = undefined;
  await rm(folder, { recursive: true });
});

/** Writes a new certificate of this name, which signs itself, and its key. */
async function makeCertificate(name: string): Promise<string> {
  const keys = await webcrypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, [
    "sign",
    "verify",
  ]);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: `CN=${name}`,
    keys,
    notBefore: new Date(Date.now() - 60_000),
    notAfter: new Date(Date.now() + 600_000),
    signingAlgorithm: { name: "ECDSA", hash: "SHA-256" },
  });
  const der = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey));
  const lines = der.toString("base64").replaceAll(/.{64}/g, "$&\n");
  const key = `-----BEGIN PRIVATE KEY-----\n${lines}\n-----END PRIVATE KEY-----\n`;
  await writeFile(config.tlsCert, certificate.toString("pem"));
  await writeFile(config.tlsKey, key);
  return key;
}

async function start(): Promise<RunningCloud> {
  await initialiseFolder(config, Date.now);
  cloud = await startCloud(config);
  return cloud;
}

async function handshake(url: string, options: object = {}): Promise<TLSSocket> {
  const { port } = new URL(url);
  const socket = connect({ host: "127.0.0.1", port: Number(port), rejectUnauthorized: false, ...options });
  await new Promise<void>((done, failed) => {
    socket.once("secureConnect", done);
    socket.once("error", failed);
  });
  socket.destroy();
  return socket;
}

async function nameServed(url: string): Promise<unknown> {
  const { port } = new URL(url);
  return new Promise((done, failed) => {
    const socket = connect({ host: "127.0.0.1", port: Number(port), rejectUnauthorized: false }, () => {
      done(socket.getPeerCertificate().subject.CN);
      socket.destroy();
    });
    socket.once("error", failed);
  });
}

test("A11 with a certificate the cloud speaks HTTPS and MQTT over TLS, and tells browsers to stay with it", async () => {
  const { url, mqttUrl } = await start();
  expect([url.slice(0, 8), mqttUrl.slice(0, 8)]).toEqual(["https://", "mqtts://"]);
  const headers = await new Promise<Record<string, unknown>>((done, failed) => {
    get(`${url}/health/live`, { rejectUnauthorized: false }, (answer) => {
      answer.resume();
      done({ status: answer.statusCode, ...answer.headers });
    }).once("error", failed);
  });
  expect(headers).toMatchObject({ status: 200, "strict-transport-security": "max-age=31536000" });
  expect(await nameServed(mqttUrl)).toBe("first");
});

test.each(["url", "mqttUrl"] as const)("A11 %s takes TLS 1.3 and nothing older", async (which) => {
  const urls = await start();
  const protocols = { minVersion: "TLSv1.2", maxVersion: "TLSv1.2" } as const;
  await expect(handshake(urls[which], protocols)).rejects.toThrow(/alert protocol version|ECONNRESET/);
  await expect(handshake(urls[which], { minVersion: "TLSv1.3" })).resolves.toBeDefined();
});

test("A11 another certificate is served without a restart, and a broken one is not taken", async () => {
  const running = await start();
  const { url, mqttUrl } = running;
  await makeCertificate("second");
  await running.reloadTls();
  expect([await nameServed(url), await nameServed(mqttUrl)]).toEqual(["second", "second"]);
  await writeFile(config.tlsKey, "no key");
  await expect(running.reloadTls()).rejects.toMatchObject({ code: "TLS_UNUSABLE" });
  expect(await nameServed(url)).toBe("second");
});

test("A11 a key of another certificate is refused, with both files named", async () => {
  const key = await makeCertificate("first");
  await makeCertificate("second");
  await writeFile(config.tlsKey, key);
  await expect(readTls(config)).rejects.toMatchObject({
    code: "TLS_UNUSABLE",
    message: expect.stringContaining(config.tlsKey),
  });
});

/** A key that fits no certificate of `makeCertificate`: OpenSSL does not compare keys of two types. */
async function writeKeyOfAnotherType(): Promise<void> {
  const { privateKey } = generateKeyPairSync("ed25519");
  await writeFile(config.tlsKey, privateKey.export({ type: "pkcs8", format: "pem" }));
}

test("A11 a key of another type than the certificate's is refused, with both files named", async () => {
  await writeKeyOfAnotherType();
  await expect(readTls(config)).rejects.toMatchObject({
    code: "TLS_UNUSABLE",
    message: `Certificate ${config.tlsCert} and key ${config.tlsKey} cannot be used: the key is not the certificate's.`,
  });
});

test("A11 a key of another type is not taken while the cloud runs, and the old pair is served on", async () => {
  const running = await start();
  await makeCertificate("second");
  await writeKeyOfAnotherType();
  await expect(running.reloadTls()).rejects.toMatchObject({ code: "TLS_UNUSABLE" });
  expect(await nameServed(running.url)).toBe("first");
});

test("A11 a file that is missing, and half of a pair, are refused", async () => {
  await expect(readTls({ ...config, tlsKey: "" })).rejects.toMatchObject({ code: "TLS_INCOMPLETE" });
  await rm(config.tlsCert);
  await expect(readTls(config)).rejects.toMatchObject({ code: "FILE_UNREADABLE" });
});

test.each<[Partial<CloudConfig>, boolean]>([
  [{ host: "127.0.0.1" }, true],
  [{ host: "127.8.0.1" }, true],
  [{ host: "::1" }, true],
  [{ host: "localhost" }, true],
  [{ host: "0.0.0.0" }, false],
  [{ host: "::" }, false],
  [{ host: "192.168.1.7" }, false],
  [{ host: "127.example" }, false],
  [{ host: "0.0.0.0", behindProxy: "10.0.0.1" }, true],
  [{ host: "0.0.0.0", tlsCert: "cert.pem", tlsKey: "key.pem" }, true],
])("A11 plain HTTP stays on this machine: %j may start: %s", (given, allowed) => {
  const check = () => requireTls({ host: "", tlsCert: "", tlsKey: "", behindProxy: "", ...given });
  if (allowed) expect(check).not.toThrow();
  else expect(check).toThrow(expect.objectContaining({ code: "TLS_REQUIRED" }));
});
