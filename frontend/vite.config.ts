import { env } from "node:process";

import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

import { savedPage } from "./saved-page.ts";

export default defineConfig({
  // Relative, so that the page works behind any path prefix.
  base: "./",
  plugins: [react(), savedPage()],
  build: {
    outDir: "../server/attriscope/static",
    emptyOutDir: true,
    // Nothing becomes a data: URL, which the content security policy would refuse.
    assetsInlineLimit: 0,
    target: "es2022",
    chunkSizeWarningLimit: 750,
  },
  server: { proxy: { "/api": env.ATTRISCOPE_URL ?? "http://127.0.0.1:8000" } },
  test: { environment: "node", include: ["src/**/*.test.ts"] },
});
