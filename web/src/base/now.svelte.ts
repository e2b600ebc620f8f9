// The present, as a reactive value that moves once a second while somebody looks: all ages on a
// page are drawn by one timer, and a page in the background draws none.
import { createSubscriber } from "svelte/reactivity";
import { nowUs } from "./time.ts";

const subscribe = createSubscriber((update) => {
  let timer: ReturnType<typeof setInterval> | null = null;
  const run = (): void => {
    if (timer !== null) clearInterval(timer);
    timer = document.hidden ? null : setInterval(update, 1_000);
    if (!document.hidden) update();
  };
  run();
  document.addEventListener("visibilitychange", run);
  return () => {
    if (timer !== null) clearInterval(timer);
    document.removeEventListener("visibilitychange", run);
  };
});

/** The present in microseconds; what reads it in an effect or a template is drawn anew. */
export function presentUs(): number {
  subscribe();
  return nowUs();
}
