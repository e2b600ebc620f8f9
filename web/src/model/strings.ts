// Texts that come again and again, each kept once and named by a small number. A text keeps its
// number for as long as the table lives; number 0 is the empty text.
export class Strings {
  readonly #numbers = new Map<string, number>([["", 0]]);
  readonly #texts: string[] = [""];

  /** How many different texts there are. */
  get count(): number {
    return this.#texts.length;
  }

  /** The number of a text, which is a new one where the text is new. */
  intern(text: string): number {
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    const number = this.#texts.length;
    this.#texts.push(text);
    this.#numbers.set(text, number);
    return number;
  }

  /** The text of a number; empty for a number that was never given out. */
  text(number: number): string {
    return this.#texts[number] ?? "";
  }
}
