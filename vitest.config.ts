import { defineConfig } from "vitest/config";

export default defineConfig({
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  test: {
    include: ["*/src/**/*.test.{ts,tsx}"],
    // The browser test needs Chromium and built pages; scripts/test.sh runs it with its own config.
    exclude: ["**/node_modules/**", "**/*.browser.test.ts"],
    // The contrast of the colour tokens is computed from the file itself.
    css: { include: [/tokens\.css/] },
    testTimeout: 20_000,
    coverage: { provider: "v8", include: ["*/src/**/*.ts"] },
  },
});
