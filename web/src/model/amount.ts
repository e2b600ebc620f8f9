// Amounts as people write them, and as whole numbers of a smaller unit: dollars in millionths of
// one, tokens as they are. Nothing is guessed: what is no amount is said to be none.

/** The whole number of smaller units; null where nothing is written, undefined where it is none. */
export function readAmount(text: string, unit: number): number | null | undefined {
  const plain = text.trim().replace(/^\$/, "").replaceAll(/[,_ ]/g, "");
  if (plain === "") return null;
  if (!/^\d+(\.\d+)?$/.test(plain)) return undefined;
  if (unit === 1 && plain.includes(".")) return undefined;
  const amount = Math.round(Number(plain) * unit);
  return Number.isSafeInteger(amount) ? amount : undefined;
}

/** An amount of smaller units to be changed by people; empty where there is none. */
export function amountText(amount: number | null, unit: number): string {
  if (amount === null) return "";
  const text = (amount / unit).toFixed(unit === 1 ? 0 : 6);
  return text.includes(".") ? text.replace(/0+$/, "").replace(/\.$/, "") : text;
}
