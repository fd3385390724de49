import { defineConfig } from "vitest/config";

/** Tests that drive Chromium: CHROMIUM_PATH names it, else /usr/bin/chromium. They build the pages themselves. */
export default defineConfig({
  test: {
    include: ["*/src/**/*.browser.test.ts"],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    fileParallelism: false,
  },
});
