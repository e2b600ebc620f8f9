// Finds the one name of many that a misspelled one most likely was, as the SDK does: by the share
// of letters that two names have in common, in order.

const MOST = 2_000;
const LONGEST = 80;

/** The name that is clearly the closest, or null. Case counts little. */
export function nearest(wrong: string, names: Iterable<string>): string | null {
  if (!wrong || wrong.length > LONGEST) return null;
  const folded = wrong.toLowerCase();
  let best: string | null = null;
  let score = wrong.length > 3 ? 0.7 : 0.6;
  let looked = 0;
  for (const name of names) {
    if (++looked > MOST) break;
    if (name === wrong || !name || name.length > LONGEST) continue;
    if (name.toLowerCase() === folded) return name;
    const most = (2 * Math.min(name.length, wrong.length)) / (name.length + wrong.length);
    if (most < score) continue;
    const found = likeness(name.toLowerCase(), folded);
    if (found > score) {
      best = name;
      score = found;
    }
  }
  return best;
}

/** How alike two texts are, from 0 to 1: twice the letters in common over all letters. */
export function likeness(left: string, right: string): number {
  const sum = left.length + right.length;
  return sum === 0 ? 1 : (2 * inCommon(left, right)) / sum;
}

/** Letters in the longest common piece, and in the pieces before and after it. */
function inCommon(left: string, right: string): number {
  let size = 0;
  let atLeft = 0;
  let atRight = 0;
  let before: number[] = [];
  for (let i = 0; i < left.length; i++) {
    const now: number[] = [];
    for (let j = 0; j < right.length; j++) {
      if (left[i] !== right[j]) continue;
      const length = (before[j - 1] ?? 0) + 1;
      now[j] = length;
      if (length > size) {
        size = length;
        atLeft = i - length + 1;
        atRight = j - length + 1;
      }
    }
    before = now;
  }
  if (size === 0) return 0;
  return (
    size +
    inCommon(left.slice(0, atLeft), right.slice(0, atRight)) +
    inCommon(left.slice(atLeft + size), right.slice(atRight + size))
  );
}
