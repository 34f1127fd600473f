import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";
import { places } from "./vite/places.ts";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const server = process.env.MILEPOST_DEV_SERVER ?? "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [react(), places()],
  resolve: { alias: { "@milepost/sdk": here("../sdk/typescript/src/index.ts") } },
  build: { outDir: here("../src/milepost/web_dist"), emptyOutDir: true, chunkSizeWarningLimit: 2000 },
  server: {
    fs: { allow: [here("."), here("../sdk/typescript")] },
    proxy: { "/api": server, "/ws": { target: server, ws: true } },
  },
  worker: { format: "es" },
  test: { include: ["tests/**/*.test.ts"] },
});
