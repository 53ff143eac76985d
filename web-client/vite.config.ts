import optimizeLocales from "@react-aria/optimize-locales-plugin";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

// `npm run dev` talks to a server started apart: PREAU_SERVER=http://127.0.0.1:PORT npm run dev
const server = process.env.PREAU_SERVER ?? "http://127.0.0.1:8480";

export default defineConfig({
  plugins: [
    // React Aria speaks more than thirty languages; this page speaks two.
    { ...optimizeLocales.vite({ locales: ["fr-FR", "en-US"] }), enforce: "pre" },
    react(),
  ],
  // The server replaces the word by a fresh value in each answer (design: strict CSP).
  html: { cspNonce: "__CSP_NONCE__" },
  build: {
    target: ["chrome111", "firefox115", "safari16.4"],
    assetsInlineLimit: 0,
    manifest: true,
    sourcemap: false,
    modulePreload: { polyfill: false },
  },
  server: { proxy: { "/api": server, "/ws": { target: server, ws: true } } },
  test: {
    environment: "node",
    include: ["src/**/*.test.{ts,tsx}", "tests/**/*.test.ts"],
  },
});
