/** The part of lzma-native 8 that is used here; its published types stop at version 4. */
declare module "lzma-native" {
  import type { Transform } from "node:stream";

  interface LzmaOptions {
    dictSize: number;
    lc: number;
    lp: number;
    pb: number;
    mode: number;
    mf: number;
    niceLen: number;
    depth: number;
  }
  interface LzmaNative {
    readonly FILTER_LZMA1: string;
    readonly MODE_NORMAL: number;
    readonly MF_BT4: number;
    createStream(
      coder: "rawEncoder" | "rawDecoder",
      options: { filters: readonly { id: string; options: LzmaOptions }[] },
    ): Transform;
  }
  const lzma: LzmaNative;
  export default lzma;
}
