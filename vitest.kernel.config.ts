import { defineConfig } from "vitest/config";

/** Tests that need a kernel with CAN: sh scripts/kernel-can.sh npx vitest run --config vitest.kernel.config.ts */
export default defineConfig({
  test: {
    include: ["*/src/**/*.kernel.test.ts"],
    // In the guest a process starts several times slower, and there is one CPU: one process for all files.
    testTimeout: 240_000,
    hookTimeout: 120_000,
    fileParallelism: false,
    isolate: false,
    pool: "threads",
  },
});
