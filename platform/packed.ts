import { brotliCompressSync, constants } from 'node:zlib';
import type { Remembered } from './remember.ts';

// A list of 300 things is 18 kB and 1.2 kB packed. Below this nothing is gained but work.
const BYTES_MIN = 4 * 1024;
// Of a page that lives for a tenth of a second, most are asked for once or twice.
const ASKED_MIN = 3;
// 0.1 ms for 10 kB; the next levels gain a tenth and cost three times as much.
const QUALITY = 3;

/**
 * The body, one character a byte, as a browser takes it that says `br`, packed once for everybody; null when it is not worth it: too small, or
 * not asked for often enough yet.
 */
export function packed(kept: Remembered): string | null {
  if (kept.body.length < BYTES_MIN) return null;
  kept.asked += 1;
  if (kept.asked < ASKED_MIN) return null;
  kept.small ??= brotliCompressSync(Buffer.from(kept.body, 'latin1'), {
    params: { [constants.BROTLI_PARAM_QUALITY]: QUALITY },
  }).toString('latin1');
  return kept.small;
}

export function takesPacked(acceptEncoding: string): boolean {
  return (
    /(?:^|[\s,])br(?:$|[\s,;])/i.test(acceptEncoding) && !/\bbr\s*;\s*q=0(?:\.0*)?(?:$|[\s,;])/i.test(acceptEncoding)
  );
}

/** The packed bytes are another spelling of the same answer: the same tag, weakly. */
export const packedEtag = (etag: string): string => `W/${etag}`;
