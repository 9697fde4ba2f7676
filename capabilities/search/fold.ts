// What the decomposition of Unicode leaves whole although people type it in plain letters.
const PLAIN: Record<string, string> = { ß: 'ss', æ: 'ae', œ: 'oe', ø: 'o', đ: 'd', ð: 'd', ł: 'l', ı: 'i', þ: 'th' };

/** Accents, case and repeated spaces aside: how titles and what is typed meet. */
export function fold(text: string): string {
  const lower = text.normalize('NFKD').toLowerCase();
  return lower
    .replace(/\p{M}/gu, '')
    .replace(/[ßæœøđðłıþ]/g, (letter) => PLAIN[letter]!)
    .replace(/\s+/g, ' ')
    .trim();
}
