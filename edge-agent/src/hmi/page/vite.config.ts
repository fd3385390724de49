import { defineConfig } from "vite";

/** The HMI's page: `npm run pages` builds it into `dist`, from where the agent serves it. */
export default defineConfig({
  root: import.meta.dirname,
  // Relative, so that the preview can serve the same page under several paths.
  base: "./",
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: "dist",
    emptyOutDir: true,
    target: "es2022",
    // The Content-Security-Policy allows no data: addresses.
    assetsInlineLimit: 0,
    modulePreload: false,
  },
  server: { proxy: { "/api": process.env["HMI_URL"] ?? "http://127.0.0.1:8400/offer" } },
});
