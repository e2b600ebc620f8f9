// How pages are tested: in the system's Chromium, against a server at `SLUICE_WEB` that serves the
// built web, with a token in `SLUICE_TOKEN`. Whoever calls starts that server.
import { defineConfig } from "@playwright/test";

export default defineConfig({
  testDir: "tests",
  // Pictures are taken when they are asked for.
  testIgnore: process.env["SLUICE_PICTURES"] ? [] : "pictures/**",
  fullyParallel: false,
  workers: 1,
  forbidOnly: true,
  // What passes only the second time is told as flaky.
  retries: 1,
  reporter: [["list"]],
  // Machines that do much else are slow, and are not to fail for that.
  timeout: 90_000,
  expect: { timeout: 20_000 },
  use: {
    baseURL: process.env["SLUICE_WEB"] ?? "http://127.0.0.1:4173",
    trace: "off",
    contextOptions: { reducedMotion: "reduce" },
    launchOptions: {
      executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    },
  },
});
