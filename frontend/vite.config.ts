// Builds src/main.ts into dist/, with hashed names and the manifest that `{% vite_entry %}` reads.
import { defineConfig } from "vitest/config";

export default defineConfig({
  base: "/static/",
  build: {
    outDir: "dist",
    manifest: "manifest.json",
    target: "es2022",
    // the content security policy has no `data:` for scripts or fonts: every asset stays a file
    assetsInlineLimit: 0,
    rollupOptions: { input: "src/main.ts" },
  },
  test: { environment: "happy-dom", include: ["test/**/*.test.ts"] },
});
