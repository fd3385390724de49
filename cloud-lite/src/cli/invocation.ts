import type { CloudConfig } from "../config.ts";

/** What a verb gets: its configuration, and the words that are no options; all of them where it reads its own. */
export interface Invocation {
  readonly config: CloudConfig;
  readonly words: readonly string[];
  /** What was given of the verb's own options. */
  readonly options: Readonly<Record<string, string | undefined>>;
}
