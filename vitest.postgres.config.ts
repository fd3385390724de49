import { defineConfig } from "vitest/config";

/** The cloud's tests once more, each on a database of its own of a throw-away PostgreSQL, and those that need one. */
export default defineConfig({
  test: {
    include: ["cloud-lite/src/**/*.test.ts"],
    exclude: ["**/node_modules/**", "**/*.browser.test.ts"],
    globalSetup: "cloud-lite/src/db/postgres-for-tests.ts",
    testTimeout: 30_000,
  },
});
