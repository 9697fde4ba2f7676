import type { Clock } from '#platform/clock';
import type { Head } from '#platform/hot-http/read-head';
import { packed, packedEtag, takesPacked } from '#platform/packed';
import { isKnown, type KeptFields, type Remembered } from '#platform/remember';
import { dateNow, statusLine } from './templates.ts';

/**
 * Turns what is kept in memory into whole responses: everything up to the Date is put together once a second. The rest
 * is joined anew for everybody, which costs less than keeping it: whole responses that lived for a second filled the
 * memory outside of V8's heap.
 */
export function createKeptAnswers(options: {
  clock: Clock;
  /** Fields of every answer of the kind, whole lines. */
  common: string;
  as: KeptFields;
}) {
  const common = `${options.common}cache-control: ${options.as.cacheControl}\r\nvary: accept-encoding\r\n`;
  const type = `content-type: ${options.as.contentType}\r\n`;
  let date = '';
  let [ok, notModified] = ['', ''];

  return (kept: Remembered, { ifNoneMatch, acceptEncoding }: Pick<Head, 'ifNoneMatch' | 'acceptEncoding'>): string => {
    const now = dateNow(options.clock.now().getTime());
    if (now !== date) {
      date = now;
      ok = `${statusLine(200)}${common}${date}${type}`;
      notModified = `${statusLine(304)}${common}${date}`;
    }
    const small = acceptEncoding !== '' && takesPacked(acceptEncoding) ? packed(kept) : null;
    const etag = small === null ? kept.etag : packedEtag(kept.etag);
    if (ifNoneMatch !== '' && isKnown(ifNoneMatch, kept.etag)) return `${notModified}etag: ${etag}\r\n\r\n`;
    const [coding, body] = small === null ? ['', kept.body] : ['content-encoding: br\r\n', small];
    return `${ok}etag: ${etag}\r\n${coding}content-length: ${body.length}\r\n\r\n${body}`;
  };
}
