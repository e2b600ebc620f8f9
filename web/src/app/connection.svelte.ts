// Where the connection stands, as a reactive value: the socket, or, while nobody could say yet who is
// logged in, the request for that.
import { live } from "../api/live.ts";
import { session } from "../api/session.svelte.ts";
import type { LiveState } from "../api/socket.ts";

let state = $state<LiveState>(live.state);
live.onState((next) => {
  state = next;
});

export const connection = {
  get state(): LiveState {
    const isWithout = state === "closed" && session.problem !== null && session.hasToken;
    return isWithout ? "offline" : state;
  },
  retry(): void {
    if (state === "closed") void session.again();
    else live.wake();
  },
};
