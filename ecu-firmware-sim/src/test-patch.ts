import { codeLikePair } from "@halfshaft/ota-format/delta";
import { createHash } from "node:crypto";
import { toHex } from "./installed-image.ts";
import { testImage, type TestImage } from "./testing.ts";

const pair = codeLikePair(3000, 3);
const image = (version: string, bytes: Uint8Array): TestImage =>
  testImage(version, { segments: [{ address: 0x1000, bytes }] });

/** Two images of 3,232 bytes, of made-up code. */
export const patchBase = image("1.0.0", pair.base);
export const patchResult = image("2.0.0", pair.result);

/** From one to the other: 270 bytes, made by `createDetools` with liblzma (lc = 1, lp = 0, pb = 0, 4 KiB). */
export const patch = new Uint8Array(
  Buffer.from(
    "01a0320100100000ffffffffffffffff00002a8557e22f9b20c5830aeb9673bddca4ed42f4f1e8047ab7ddfad1144968" +
      "090d08d2b1b461dad1fc6dfdb3e93d64b267c61e4ad3f21d87cd1b4df51ef7f7ec612d910d79849a18d2113898f7be15" +
      "1a09cf6b9164a944ac9cbb2f56007bf79a1564143af9d5a1b623358da5dae23fa83d94660cbb47ddf5627ff6e932bdfa" +
      "4931d5d5839b9f5614820211050c995753da169564a61a2bcfc36ff9265eb560c6fcef59c0b5f6ed04a0adef6eaa957f" +
      "cabad7682d786743d781d98c6e5850c7e12936c5ebe7525751e8bb7bc3da1a5d3cb1701db746368c1e947736a45a1858" +
      "7b62326e7444dd4faa3c035908bad9d558f92f7652c5222bcaffb1664559",
    "hex",
  ),
);

/** An image of 1,000 bytes, and the 156 bytes that it takes compressed: its patch from nothing, by the same means. */
export const plainImage = image(
  "2.0.0",
  Uint8Array.from({ length: 1000 }, (_, i) => i >> 3),
);
export const compressed = new Uint8Array(
  Buffer.from(
    "01a80f0100100000ffffffffffffffff000063898e908f7d6b29a61b6dda9bad4f4da829202687ed9bb56c0af6fec1d7" +
      "d5416ccf13bf5a1b427b79bfca0b312e25a90a94febabf566638f0d50c2869c0dc3bba9610c37438bc0fbb7fbac7f553" +
      "6e52d8d59113090a3d22680891289939b9a4d17164eafbb77cbc2464078751a5302a298ff30cf7f57e610456cfd36930" +
      "4619d73e832621fffeedc000",
    "hex",
  ),
);

/** As checkBase is told it. */
export const patchToCheck = {
  baseSha256: new Uint8Array(Buffer.from(patchBase.sha256, "hex")),
  patchSha256: new Uint8Array(createHash("sha256").update(patch).digest()),
  patchBytes: patch.length,
};

export const patchSha256 = toHex(patchToCheck.patchSha256);
