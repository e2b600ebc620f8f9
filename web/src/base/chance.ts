// Chance for names that must not meet: pages that came over plain HTTP have no `crypto.randomUUID`.

/** 128 bits of it, as hexadecimal digits. */
export function randomHex(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
