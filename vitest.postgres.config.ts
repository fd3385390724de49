import { defineConfig } from "vitest/config";

/** The cloud's tests once more, each on a database of its own of a throw-away PostgreSQL, and those that need one. */
export default defineConfig({
  test: {
    // One for each processor: the default leaves one idle, which of two is half of them.
    maxWorkers: "100%",
    // The files of a worker share what they import, which takes as long to load as the tests do: helpers keep nothing.
    isolate: false,
    include: ["cloud-lite/src/**/*.test.ts"],
    // What has no database, or starts programs with a folder of their own, is tested once.
    exclude: [
      "**/node_modules/**",
      "**/*.browser.test.ts",
      "cloud-lite/src/{main,config,tls}.test.ts",
      "cloud-lite/src/{artifacts,cli,console,mqtt}/**",
    ],
    globalSetup: "cloud-lite/src/db/postgres-for-tests.ts",
    testTimeout: 60_000,
    // A machine that does other things too is slow, not wrong.
    expect: { poll: { timeout: 10_000 } },
  },
});
