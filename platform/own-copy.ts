/**
 * The same text, on its own. A piece of a longer text (slice, split) keeps all of it in memory: the name of an order that
 * is remembered for minutes kept the whole request it came in.
 */
export const ownText = (text: string): string => Buffer.from(text).toString();

/**
 * The same bytes, on their own. A small Buffer is a piece of a pool of 64 kB and keeps all of it in memory: the keys of
 * 40,000 buyers, 16 bytes each, kept 190 MB.
 */
export function ownBytes(bytes: Uint8Array): Buffer {
  const own = Buffer.allocUnsafeSlow(bytes.length);
  own.set(bytes);
  return own;
}
