// Text that nobody trusts, made fit to be seen: control characters, terminal escapes, and
// characters that hide, turn or pile up over other text are shown as escapes, `\x1b` or
// `\u{202e}`, as the terminal shows them. What comes out changes nothing around it, and is never
// markup.

/** Nothing in such a text has to be looked at; most text is like that. */
const PLAIN = /^[\t\n\u0020-\u007E\u00A1-\u00AC\u00AE-\u024F]*$/;

/** Characters that take no room, end a line, or turn the direction of others. */
const DECEPTIVE =
  /[\u00AD\u034F\u061C\u115F\u1160\u17B4\u17B5\u180B-\u180F\u200B-\u200F\u2028-\u202E\u2060-\u206F\u3164\uFEFF\uFFA0\uFFF9-\uFFFB\u{1BCA0}-\u{1BCA3}\u{1D173}-\u{1D17A}\u{E0000}-\u{E0FFF}]/gu;

/** The joiner within a picture, as of a family or a flag: it belongs to what is seen. */
const JOINER =
  /(?<=[\p{Extended_Pictographic}\p{Emoji_Modifier}]\uFE0F?)\u200D(?=\p{Extended_Pictographic})/gu;
const JOINER_KEPT = "\uFDD0";

const CONTROL = /[\u0000-\u0008\u000B-\u001F\u007F-\u009F]/g;
const LONE_SURROGATE = /\p{Surrogate}/gu;
/** Selectors choose between pictures; alone, or in rows, they do nothing. */
const SELECTORS = /(?<=[\uFE00-\uFE0F])[\uFE00-\uFE0F]+/g;
/** Marks beyond the fourth on one letter; they would reach into other lines. */
const PILE = /(?<=\p{M}{4})\p{M}+/gu;

function escaped(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}

function escapedEach(characters: string): string {
  return Array.from(characters, escaped).join("");
}

function control(character: string): string {
  if (character === "\r") return "\\r";
  return `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`;
}

/** The text with everything shown that would hide, turn or pile up. Tabs and line ends stay. */
export function clean(text: string): string {
  if (PLAIN.test(text)) return text;
  return text
    .replaceAll("\r\n", "\n")
    .replaceAll(JOINER_KEPT, "\\u{fdd0}")
    .replace(LONE_SURROGATE, "\uFFFD")
    .replace(JOINER, JOINER_KEPT)
    .replace(DECEPTIVE, escaped)
    .replaceAll(JOINER_KEPT, "\u200D")
    .replace(SELECTORS, "")
    .replace(PILE, escapedEach)
    .replace(CONTROL, control);
}

/** The same in one line, with line ends and tabs as escapes, of so many characters at most. */
export function cleanLine(text: string, most = 200): string {
  const start = text.length > most * 2 ? text.slice(0, most * 2) : text;
  const line = clean(start).replaceAll("\n", "\\n").replaceAll("\t", "\\t");
  const isWhole = start.length === text.length;
  if (isWhole && line.length <= most) return line;
  const characters = Array.from(line);
  return isWhole && characters.length <= most ? line : `${characters.slice(0, most - 1).join("")}…`;
}
