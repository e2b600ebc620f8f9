// The page's own socket. It opens when somebody is logged in, closes when they log out, and looks
// whether it still lives when the page is seen again or the network is back.
import { api, ok } from "./client.ts";
import { LiveSocket } from "./socket.ts";

function address(): string {
  const url = new URL("/v1/socket", window.location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return url.href;
}

export const live = new LiveSocket({
  ticket: async () => (await ok(api.POST("/v1/socket-tickets"))).ticket,
  open: () => new WebSocket(address()),
});

/** Calls back each time that the server is there after it was not. Answers with what ends it. */
export function whenBack(act: () => void): () => void {
  return live.onState((state) => {
    if (state === "live") act();
  });
}

if (typeof window !== "undefined") {
  window.addEventListener("online", () => live.wake());
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) live.wake();
  });
}
