// Where the page's socket stands, as a reactive value.
import { live } from "../api/live.ts";
import type { LiveState } from "../api/socket.ts";

let state = $state<LiveState>(live.state);
live.onState((next) => {
  state = next;
});

export const connection = {
  get state(): LiveState {
    return state;
  },
  retry(): void {
    live.wake();
  },
};
