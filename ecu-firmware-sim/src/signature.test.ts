import { generateKeyPairSync, sign, verify as verifyByNode, createPublicKey } from "node:crypto";
import { verify as verifyByZip215 } from "@noble/ed25519";
import { expect, test } from "vitest";
import { verifyStrictly } from "./signature.ts";

const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, "hex"));

// RFC 8032, 7.1, test 2.
const rfc8032 = {
  publicKey: bytes("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"),
  message: bytes("72"),
  signature: bytes(
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
  ),
};

test("S2 a signature of RFC 8032 is accepted", () => {
  const { signature, message, publicKey } = rfc8032;
  expect(verifyStrictly(signature, message, publicKey)).toBe(true);
});

test("S2 a signature by node:crypto is accepted, and refused with one bit changed anywhere", () => {
  const keys = generateKeyPairSync("ed25519");
  const key = new Uint8Array(Buffer.from(keys.publicKey.export({ format: "jwk" }).x ?? "", "base64url"));
  const message = bytes("0102030405");
  const signature = new Uint8Array(sign(null, message, keys.privateKey));
  expect(verifyStrictly(signature, message, key)).toBe(true);
  for (const at of [0, 31, 32, 63]) {
    const changed = signature.with(at, signature[at]! ^ 0x04);
    expect(verifyStrictly(changed, message, key)).toBe(false);
  }
  expect(verifyStrictly(signature, message.with(4, 6), key)).toBe(false);
});

test("S2 a key of small order, under which ZIP 215 accepts a signature of anything, is refused", () => {
  // The neutral element as key and as R, S = 0: S·B = R + k·A holds for every message.
  const neutral = bytes("01".padEnd(64, "0"));
  const signature = Uint8Array.from([...neutral, ...new Uint8Array(32)]);
  const message = bytes("ff");
  expect(verifyByZip215(signature, message, neutral)).toBe(true);
  expect(verifyStrictly(signature, message, neutral)).toBe(false);
  const key = createPublicKey({
    key: { kty: "OKP", crv: "Ed25519", x: Buffer.from(neutral).toString("base64url") },
    format: "jwk",
  });
  expect(verifyByNode(null, message, key, signature)).toBe(false);
});

test("S2 a key of another length is refused", () => {
  expect(verifyStrictly(rfc8032.signature, rfc8032.message, rfc8032.publicKey.subarray(1))).toBe(false);
});
