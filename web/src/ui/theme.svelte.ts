// Which theme is drawn: the system's, or the one that the reader chose, which this browser keeps.
// `theme.shown` is reactive, for what draws outside of CSS.

export type Choice = "system" | "light" | "dark";

const KEY = "sluice.theme";

function kept(): Choice {
  try {
    const value = localStorage.getItem(KEY);
    return value === "light" || value === "dark" ? value : "system";
  } catch {
    return "system";
  }
}

const dark =
  typeof window === "undefined" ? null : window.matchMedia("(prefers-color-scheme: dark)");
let choice = $state<Choice>(typeof window === "undefined" ? "system" : kept());
let systemIsDark = $state(dark?.matches ?? false);
const shown = $derived(choice === "system" ? (systemIsDark ? "dark" : "light") : choice);

function draw(): void {
  document.documentElement.dataset["theme"] = shown;
}

export const theme = {
  get choice(): Choice {
    return choice;
  },
  get shown(): "light" | "dark" {
    return shown;
  },
  choose(next: Choice): void {
    choice = next;
    try {
      if (next === "system") localStorage.removeItem(KEY);
      else localStorage.setItem(KEY, next);
    } catch {
      // The choice lasts as long as the page does.
    }
    draw();
  },
  /** Draws the theme from now on. Called once, before anything else is drawn. */
  begin(): void {
    draw();
    dark?.addEventListener("change", (event) => {
      systemIsDark = event.matches;
      draw();
    });
  },
};

/** The value of a custom property of the theme, for canvas. */
export function colour(name: `--${string}`): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}
