import { generateKeyPairSync } from "node:crypto";
import { expect, test } from "vitest";
import { publicKey } from "../testing.ts";
import { toHex } from "../installed-image.ts";
import { readPublicKey } from "./public-key.ts";

const text = (content: string): Uint8Array => new TextEncoder().encode(content);

test("S2 a public key is read from hex, PEM or its bytes", () => {
  const { publicKey: key } = generateKeyPairSync("ed25519");
  const raw = new Uint8Array(Buffer.from(key.export({ format: "jwk" }).x ?? "", "base64url"));
  const pem = String(key.export({ type: "spki", format: "pem" }));
  expect(readPublicKey(text(pem), "key")).toEqual(raw);
  expect(readPublicKey(text(`${toHex(raw)}\n`), "key")).toEqual(raw);
  expect(readPublicKey(raw, "key")).toEqual(raw);
});

test("S2 a key of another kind, or no key, is refused with the file's name", () => {
  const { publicKey: rsa } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const pem = String(rsa.export({ type: "spki", format: "pem" }));
  for (const content of [text(pem), text("key"), publicKey.subarray(1)]) {
    expect(() => readPublicKey(content, "my.key")).toThrow(/my\.key holds no Ed25519 public key/);
  }
});
