import { defineConfig } from "vitest/config";

export default defineConfig({
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  test: {
    // One for each processor: the default leaves one idle, which of two is half of them.
    maxWorkers: "100%",
    // The files of a worker share what they import, which takes as long to load as the tests do: helpers keep nothing.
    isolate: false,
    include: ["*/src/**/*.test.{ts,tsx}"],
    // These need Chromium and built pages, a kernel with CAN, or PostgreSQL; scripts/test.sh runs them with their own configs.
    exclude: ["**/node_modules/**", "**/*.{browser,kernel,postgres}.test.ts"],
    // The contrast of the colour tokens is computed from the file itself.
    css: { include: [/tokens\.css/] },
    // A machine that does other things too is slow, not wrong.
    testTimeout: 60_000,
    expect: { poll: { timeout: 10_000 } },
    coverage: { provider: "v8", include: ["*/src/**/*.ts"] },
  },
});
