import type { HotAnswer, HotRequest } from '#platform/hot-http/hot-connections';
import type { HttpServer } from '#platform/http-server';
import { statusLine } from './templates.ts';

/**
 * Asks the ordinary routes, without a socket, for what the hot ones do not have in memory or would not decide. Null, so
 * that the connection goes to node's server, when even that fails.
 */
export async function askInside(api: HttpServer, request: HotRequest): Promise<HotAnswer | null> {
  try {
    const asked = api.inject({
      method: request.head.method,
      url: request.head.url,
      headers: request.fields(),
      remoteAddress: request.peer,
      ...(request.body === '' ? {} : { payload: request.body }),
    });
    const answer = await inTime(asked);
    const fields = Object.entries(answer.headers)
      .filter(([name]) => !OF_THE_CONNECTION.has(name))
      .flatMap(([name, value]) => [value].flat().map((one) => `${name}: ${String(one)}\r\n`));
    const length = answer.statusCode === 304 ? '' : `content-length: ${answer.rawPayload.length}\r\n`;
    const head = Buffer.from(`${statusLine(answer.statusCode)}${fields.join('')}${length}\r\n`, 'latin1');
    return Buffer.concat([head, answer.rawPayload]);
  } catch {
    return null;
  }
}

// A route that takes over its connection would never answer here; none of the hot URLs is one.
const ANSWER_MS_MAX = 25_000;

function inTime<T>(answer: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('no answer in time')), ANSWER_MS_MAX);
    timer.unref();
    void answer.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

const OF_THE_CONNECTION = new Set(['connection', 'keep-alive', 'transfer-encoding', 'content-length']);
