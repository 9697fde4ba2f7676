// Crockford's Base32: no I, L, O, U, so that nothing on a crumpled print is ambiguous.
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const LENGTH = 10; // 50 bits.

/** A ticket's number as people read it: 'XXXXX-XXXXX'. */
export function formatCode(code: number): string {
  let rest = code;
  let text = '';
  for (let place = 0; place < LENGTH; place += 1) {
    text = ALPHABET[rest % 32]! + text;
    rest = Math.floor(rest / 32);
  }
  return `${text.slice(0, 5)}-${text.slice(5)}`;
}

/** A code as typed at the door: any case, spaces, hyphens, O for 0, I or L for 1. Null when it cannot be one. */
export function parseCode(text: string): number | null {
  const characters = text
    .toUpperCase()
    .replace(/[\s\-–—.]/g, '')
    .replaceAll('O', '0')
    .replace(/[IL]/g, '1');
  if (characters.length !== LENGTH) return null;
  let code = 0;
  for (const character of characters) {
    const digit = ALPHABET.indexOf(character);
    if (digit < 0) return null;
    code = code * 32 + digit;
  }
  return code;
}
