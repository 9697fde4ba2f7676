/** JSON in which a character is a byte. */
export function asciiJson(value: unknown): string {
  const json = JSON.stringify(value);
  return json.replace(/[\u0080-\uffff]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
