// Monaco in the colours of the page: its themes are made of the custom properties of ui/theme.css,
// anew each time another theme is drawn.
import { colour } from "../../../ui/theme.svelte.ts";
import { monaco } from "./monaco.ts";

/** Six digits, as rules of tokens have them. */
function digits(name: `--${string}`): string {
  return colour(name).replace("#", "").slice(0, 6);
}

/** Defines the theme that is drawn now, and draws it in all editors. */
export function drawTheme(shown: "light" | "dark"): void {
  const token = (name: string, from: `--${string}`): monaco.editor.ITokenThemeRule => ({
    token: name,
    foreground: digits(from),
  });
  monaco.editor.defineTheme("sluice", {
    base: shown === "dark" ? "vs-dark" : "vs",
    inherit: true,
    rules: [
      token("", "--text"),
      token("keyword", "--code-keyword"),
      token("string", "--code-string"),
      token("string.escape", "--code-number"),
      token("number", "--code-number"),
      token("comment", "--code-comment"),
      token("tag", "--code-name"),
      token("delimiter", "--text-dim"),
      token("identifier", "--text"),
    ],
    colors: {
      "editor.background": colour("--bg-raised"),
      "editor.foreground": colour("--text"),
      "editorLineNumber.foreground": colour("--text-dim"),
      "editorLineNumber.activeForeground": colour("--text"),
      "editor.lineHighlightBackground": colour("--bg-hover"),
      "editor.lineHighlightBorder": "#00000000",
      "editorCursor.foreground": colour("--accent"),
      "editor.selectionBackground": colour("--bg-chosen"),
      "editorWidget.background": colour("--bg-raised"),
      "editorWidget.border": colour("--border"),
      "editorSuggestWidget.background": colour("--bg-raised"),
      "editorSuggestWidget.border": colour("--border"),
      "editorSuggestWidget.foreground": colour("--text"),
      "editorSuggestWidget.selectedBackground": colour("--bg-chosen"),
      "editorSuggestWidget.selectedForeground": colour("--text"),
      "editorSuggestWidget.highlightForeground": colour("--accent"),
      "editorSuggestWidget.focusHighlightForeground": colour("--accent"),
      "editorHoverWidget.background": colour("--bg-raised"),
      "editorHoverWidget.border": colour("--border"),
      "editorError.foreground": colour("--bad"),
      "editorWarning.foreground": colour("--warn"),
      "editorInfo.foreground": colour("--accent"),
      "editorGutter.background": colour("--bg-raised"),
      focusBorder: colour("--focus"),
      "scrollbar.shadow": "#00000000",
      "textLink.foreground": colour("--accent"),
    },
  });
  monaco.editor.setTheme("sluice");
}
