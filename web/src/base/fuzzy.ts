// How well a few typed letters fit a name: for palettes and pickers.

/** Greater is better; null where the letters do not stand in the text in this order. */
export function fuzzyScore(typed: string, text: string): number | null {
  const wanted = typed.toLowerCase().replaceAll(/\s+/g, " ").trim();
  if (wanted === "") return 0;
  const found = text.toLowerCase();
  const whole = found.indexOf(wanted);
  // The letters together are better than apart, at the beginning of a word better than within.
  if (whole >= 0) return 1_000 - whole - found.length / 100 + (startsWord(found, whole) ? 500 : 0);
  let score = 0;
  let at = -1;
  for (const letter of wanted.replaceAll(" ", "")) {
    const next = found.indexOf(letter, at + 1);
    if (next < 0) return null;
    score += startsWord(found, next) ? 10 : next === at + 1 ? 5 : 0;
    score -= Math.min(next - at - 1, 10) / 10;
    at = next;
  }
  return score - found.length / 100;
}

function startsWord(text: string, at: number): boolean {
  return at === 0 || /[\s\-_./:]/.test(text[at - 1] ?? "");
}
