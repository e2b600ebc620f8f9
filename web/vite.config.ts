// How the web is built and, while one works on it, served. `SLUICE_SERVER` names the Sluice server
// that answers the API for `npm run dev` and `npm run preview`; both send the headers that the
// binary sends, so that what the content security policy forbids fails here already.
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig, type ProxyOptions } from "vite";
import { precompress } from "./build/precompress.ts";

const server = process.env["SLUICE_SERVER"] ?? "http://127.0.0.1:8080";
/** The `Host` stays the browser's: the server compares it with `Origin`. */
const proxied: ProxyOptions = { target: server, changeOrigin: false, ws: true };
const proxy = { "/v1": proxied, "/docs": proxied };

const policy = [
  "default-src 'self'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "worker-src 'self'",
  "font-src 'self'",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

export default defineConfig({
  plugins: [svelte(), precompress()],
  build: {
    target: "es2022",
    // Fonts may not come from `data:` addresses.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 6000,
  },
  server: { host: "127.0.0.1", port: 5173, strictPort: true, proxy },
  preview: {
    host: "127.0.0.1",
    port: 4173,
    strictPort: true,
    proxy,
    headers: { "Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff" },
  },
});
