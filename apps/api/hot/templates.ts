import { STATUS_CODES } from 'node:http';
import type { HttpServer } from '#platform/http-server';

/**
 * The head of an answer without what changes from one to the next. Read off from an answer of the ordinary routes, so
 * that security headers stand in one place and the hot routes send whatever they say there.
 */
export async function commonFields(api: HttpServer, url: string): Promise<string> {
  const { headers } = await api.inject({ method: 'GET', url });
  return Object.entries(headers)
    .filter(([name]) => !OF_ONE_ANSWER.has(name))
    .map(([name, value]) => `${name}: ${String(value)}\r\n`)
    .join('');
}

const OF_ONE_ANSWER = new Set([
  'connection',
  'keep-alive',
  'date',
  'content-type',
  'content-length',
  'transfer-encoding',
  'etag',
  'cache-control',
  'retry-after',
  'vary',
]);

export function statusLine(status: number): string {
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n`;
}

let dateSecond = 0;
let dateField = '';

/** The Date field, made once a second. */
export function dateNow(nowMs: number): string {
  const second = Math.floor(nowMs / 1000);
  if (second !== dateSecond) {
    dateSecond = second;
    dateField = `date: ${new Date(nowMs).toUTCString()}\r\n`;
  }
  return dateField;
}
