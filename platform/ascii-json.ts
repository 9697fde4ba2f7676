/** JSON in which a character is a byte, in memory too. */
export function asciiJson(value: unknown): string {
  const json = JSON.stringify(value);
  const ascii = json.replace(/[\u0080-\uffff]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
  // A text that once held a letter above U+00FF keeps two bytes a character, whatever replaced it.
  return Buffer.from(ascii, 'latin1').toString('latin1');
}
