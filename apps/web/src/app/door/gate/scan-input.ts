export type Scanned = { token: string } | { code: string };

const CODE_LENGTH_MAX = 20;

/**
 * What a camera, a scanner or a person gave: a signed token (Base45, over a hundred signs) or the short code printed
 * under the QR. Null for nothing at all. A QR of somebody else is sent too: the server says 'unreadable'.
 */
export function understand(text: string): Scanned | null {
  const clean = text.replaceAll(/[\r\n\t]/g, '').trim();
  if (clean === '') return null;
  if (clean.length > CODE_LENGTH_MAX) return { token: clean.slice(0, 300) };
  return { code: clean.toUpperCase() };
}

/** A QR stays in front of the camera longer than one reading: the same one counts again only after `pauseMs` unseen. */
export function createRepeatGuard(pauseMs: number) {
  let last = '';
  let seenAt = Number.NEGATIVE_INFINITY;
  return {
    isNew(text: string, at: number): boolean {
      const repeated = text === last && at - seenAt < pauseMs;
      last = text;
      seenAt = at;
      return !repeated;
    },
    forget(): void {
      last = '';
    },
  };
}

export type KeyPress = { key: string; at: number };

const BURST_GAP_MS = 60; // Scanners type a key every 1 to 30 ms; nobody's fingers do.
const BURST_LENGTH_MIN = 6;

/**
 * Tells a USB scanner from a person at the keyboard: many keys in a row, faster than fingers, ended by Enter. `feed`
 * answers whether the key belongs to a burst (then it must not press the button that has the focus) and, at its end,
 * the text.
 */
export function createBurstReader() {
  let text = '';
  let lastAt = Number.NEGATIVE_INFINITY;
  return {
    feed({ key, at }: KeyPress): { swallow: boolean; text: string | null } {
      const flowing = at - lastAt <= BURST_GAP_MS;
      if (key === 'Enter') {
        const done = flowing && text.length >= BURST_LENGTH_MIN ? text : null;
        text = '';
        lastAt = Number.NEGATIVE_INFINITY;
        return { swallow: done !== null, text: done };
      }
      // Shift and the like come between the signs of a burst and do not end it.
      if (key.length !== 1) return { swallow: false, text: null };
      text = flowing ? text + key : key;
      lastAt = at;
      return { swallow: text.length > 1, text: null };
    },
  };
}
