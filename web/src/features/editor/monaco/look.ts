// Monaco in the colours of the page: its themes are made of the custom properties of ui/theme.css,
// anew each time another theme is drawn.
import { colour } from "../../../ui/theme.svelte.ts";
import { monaco } from "./monaco.ts";

/** A colour of the page as `#rrggbb`: a build writes `#fff` where it can, and Monaco takes only this. */
function hex(name: `--${string}`): string {
  const digits = colour(name).replace("#", "");
  return `#${digits.length === 3 ? digits.replace(/./g, "$&$&") : digits.slice(0, 6)}`;
}

/** Defines the theme that is drawn now, and draws it in all editors. */
export function drawTheme(shown: "light" | "dark"): void {
  const token = (name: string, from: `--${string}`): monaco.editor.ITokenThemeRule => ({
    token: name,
    foreground: hex(from).slice(1),
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
      "editor.background": hex("--bg-raised"),
      "editor.foreground": hex("--text"),
      "editorLineNumber.foreground": hex("--text-dim"),
      "editorLineNumber.activeForeground": hex("--text"),
      "editor.lineHighlightBackground": hex("--bg-hover"),
      "editor.lineHighlightBorder": "#00000000",
      "editorCursor.foreground": hex("--accent"),
      "editor.selectionBackground": hex("--bg-chosen"),
      "editorWidget.background": hex("--bg-raised"),
      "editorWidget.border": hex("--border"),
      "editorSuggestWidget.background": hex("--bg-raised"),
      "editorSuggestWidget.border": hex("--border"),
      "editorSuggestWidget.foreground": hex("--text"),
      "editorSuggestWidget.selectedBackground": hex("--bg-chosen"),
      "editorSuggestWidget.selectedForeground": hex("--text"),
      "editorSuggestWidget.highlightForeground": hex("--accent"),
      "editorSuggestWidget.focusHighlightForeground": hex("--accent"),
      "editorHoverWidget.background": hex("--bg-raised"),
      "editorHoverWidget.border": hex("--border"),
      "editorError.foreground": hex("--bad"),
      "editorWarning.foreground": hex("--warn"),
      "editorInfo.foreground": hex("--accent"),
      "editorGutter.background": hex("--bg-raised"),
      focusBorder: hex("--focus"),
      "scrollbar.shadow": "#00000000",
      "textLink.foreground": hex("--accent"),
    },
  });
  monaco.editor.setTheme("sluice");
}
