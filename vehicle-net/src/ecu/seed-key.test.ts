import { expect, test } from "vitest";
import { hex, text } from "../uds/test-link.ts";
import { engine } from "./profiles/engine.ts";
import { keyFor } from "./seed-key.ts";

test("V4 the demo key is the first 8 bytes of HMAC-SHA256 under the profile's secret", () => {
  // printf '\1\2\3\4\5\6\7\10' | openssl dgst -sha256 -mac HMAC -macopt hexkey:656e67696e652d64656d6f
  expect(text(keyFor(engine, hex("01 02 03 04 05 06 07 08")))).toBe("C0 27 86 E3 79 EA 88 A9");
});
