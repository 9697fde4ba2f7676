import type { Clock } from '#platform/clock';
import type { Remembered } from '#platform/remember';
import { dateNow, statusLine } from './templates.ts';

/**
 * Turns what is kept in memory into whole responses. A response is put together at most once a second (its Date) and
 * written as it is to everybody who asks in between: on a busy map that is one copy for hundreds of readers.
 */
export function createKeptAnswers(options: {
  clock: Clock;
  /** Fields of every answer of the kind, whole lines. */
  common: string;
  contentType: string;
  cacheControl: string;
}) {
  const rendered = new WeakMap<Remembered, { date: string; whole: Buffer; notModified: Buffer }>();
  const common = `${options.common}cache-control: ${options.cacheControl}\r\n`;

  return (kept: Remembered, ifNoneMatch: string): Buffer => {
    const date = dateNow(options.clock.now().getTime());
    let answer = rendered.get(kept);
    if (answer?.date !== date) {
      const fields = `${common}${date}etag: ${kept.etag}\r\n`;
      const type = `content-type: ${options.contentType}\r\ncontent-length: ${kept.body.length}\r\n\r\n`;
      answer = {
        date,
        whole: Buffer.concat([Buffer.from(`${statusLine(200)}${fields}${type}`), kept.body]),
        notModified: Buffer.from(`${statusLine(304)}${fields}\r\n`),
      };
      rendered.set(kept, answer);
    }
    return ifNoneMatch === kept.etag ? answer.notModified : answer.whole;
  };
}
