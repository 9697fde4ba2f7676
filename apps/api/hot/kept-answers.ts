import type { Clock } from '#platform/clock';
import { dateNow, statusLine } from './templates.ts';

/** What a route keeps in memory of one URL, ready to be sent. */
export type Kept = { body: Buffer; etag: string; contentType: string; cacheControl: string };

/**
 * Turns what is kept into whole responses. A response is put together at most once a second (its Date) and written as
 * it is to everybody who asks in between: on a busy map that is one copy for hundreds of readers.
 */
export function createKeptAnswers(clock: Clock, common: string) {
  const rendered = new WeakMap<Kept, { date: string; whole: Buffer; notModified: Buffer }>();

  return (kept: Kept, ifNoneMatch: string): Buffer => {
    const date = dateNow(clock.now().getTime());
    let answer = rendered.get(kept);
    if (answer?.date !== date) {
      const fields = `${common}${date}etag: ${kept.etag}\r\ncache-control: ${kept.cacheControl}\r\n`;
      const type = `content-type: ${kept.contentType}\r\ncontent-length: ${kept.body.length}\r\n\r\n`;
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
