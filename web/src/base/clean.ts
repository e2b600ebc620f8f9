// Text that nobody trusts, made fit to be seen: control characters, terminal escapes, and
// characters that turn or hide other text are shown as visible signs. What comes out never
// changes how the text around it reads, and is never markup.

/** Where a character that hides or turns text is shown by its code, in brackets of angle. */
const HIDDEN =
  // Soft hyphen, Arabic letter mark, Mongolian separator, zero-width and bidi controls, invisible
  // operators, interlinear annotations, the byte order mark, fillers, and tag characters.
  /[\u00AD\u034F\u061C\u115F\u1160\u17B4\u17B5\u180B-\u180F\u200B-\u200F\u2028-\u202E\u2060-\u206F\u3164\uFEFF\uFFA0\uFFF0-\uFFFB\u{1BCA0}-\u{1BCA3}\u{1D173}-\u{1D17A}\u{E0000}-\u{E0FFF}]/gu;
// The joiner stays between pictures and the variation selectors stay: emoji and scripts need them.
const JOINED =
  /(?<=\p{Extended_Pictographic}\uFE0F?|\p{Emoji_Modifier})\u200D(?=\p{Extended_Pictographic})/gu;
const KEPT_JOINER = "\uE000";

const CONTROL = /[\u0000-\u0008\u000B-\u001F\u007F-\u009F]/g;
const LONE_SURROGATE = /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g;

function picture(character: string): string {
  const code = character.charCodeAt(0);
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  if (code === 0x7f) return "\u2421";
  return sign(character);
}

function sign(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  return `‹U+${code.toString(16).toUpperCase().padStart(4, "0")}›`;
}

/** The text with everything shown that would hide or turn. Tabs and line ends stay. */
export function clean(text: string): string {
  // Most text has nothing to show: one pass tells.
  if (/^[\t\n\u0020-\u007E\u00A0-\u00AC\u00AE-\u024F]*$/.test(text)) return text;
  return text
    .replaceAll("\r\n", "\n")
    .replace(LONE_SURROGATE, "\uFFFD")
    .replaceAll(KEPT_JOINER, "‹U+E000›")
    .replace(JOINED, KEPT_JOINER)
    .replace(HIDDEN, sign)
    .replaceAll(KEPT_JOINER, "\u200D")
    .replace(CONTROL, picture);
}

/** The same in one line, with line ends and tabs shown, and cut after so many characters. */
export function cleanLine(text: string, most = 200): string {
  const cut = text.length > most * 2 ? text.slice(0, most * 2) : text;
  const line = clean(cut).replaceAll("\n", "⏎").replaceAll("\t", " ");
  const characters = Array.from(line);
  const isCut = characters.length > most || cut.length < text.length;
  return isCut ? `${characters.slice(0, most - 1).join("")}…` : line;
}
