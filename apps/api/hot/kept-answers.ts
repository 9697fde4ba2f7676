import type { Clock } from '#platform/clock';
import type { Head } from '#platform/hot-http/read-head';
import { packed, packedEtag, takesPacked } from '#platform/packed';
import { isKnown, type KeptFields, type Remembered } from '#platform/remember';
import { dateNow, statusLine } from './templates.ts';

/**
 * Turns what is kept in memory into whole responses. A response is put together at most once a second (its Date) and
 * written as it is to everybody who asks in between: on a busy map that is one copy for hundreds of readers.
 */
export function createKeptAnswers(options: {
  clock: Clock;
  /** Fields of every answer of the kind, whole lines. */
  common: string;
  as: KeptFields;
}) {
  const answers = new WeakMap<Remembered, Rendered>();
  const common = `${options.common}cache-control: ${options.as.cacheControl}\r\nvary: accept-encoding\r\n`;
  const whole = (etag: string, more: string, body: Buffer) => {
    const fields = `${common}${dateNow(options.clock.now().getTime())}etag: ${etag}\r\n${more}`;
    const type = `content-type: ${options.as.contentType}\r\ncontent-length: ${body.length}\r\n\r\n`;
    return Buffer.concat([Buffer.from(`${statusLine(200)}${fields}${type}`), body]);
  };

  return (kept: Remembered, { ifNoneMatch, acceptEncoding }: Pick<Head, 'ifNoneMatch' | 'acceptEncoding'>): Buffer => {
    const date = dateNow(options.clock.now().getTime());
    let answer = answers.get(kept);
    if (answer?.date !== date) {
      answer = { date, plain: null, small: null, notModified: null };
      answers.set(kept, answer);
    }
    if (ifNoneMatch !== '' && isKnown(ifNoneMatch, kept.etag)) {
      return (answer.notModified ??= Buffer.from(`${statusLine(304)}${common}${date}etag: ${kept.etag}\r\n\r\n`));
    }
    const small = acceptEncoding !== '' && takesPacked(acceptEncoding) ? packed(kept) : null;
    if (small) return (answer.small ??= whole(packedEtag(kept.etag), 'content-encoding: br\r\n', small));
    return (answer.plain ??= whole(kept.etag, '', kept.body));
  };
}

/** Whole responses of one second. */
type Rendered = { date: string; plain: Buffer | null; small: Buffer | null; notModified: Buffer | null };
