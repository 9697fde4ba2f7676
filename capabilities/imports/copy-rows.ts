import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';

/** Streams pieces of COPY input with back-pressure: the source is asked for more only when the socket has room. */
export async function copyRows(
  client: pg.ClientBase,
  statement: string,
  pieces: AsyncIterable<Buffer | string>,
): Promise<void> {
  await pipeline(
    Readable.from(pieces, { objectMode: false, highWaterMark: 256 * 1024 }),
    client.query(copyFrom(statement)),
  );
}

const SPECIAL = /[\\\n\r\t]/g;
const ESCAPED: Record<string, string> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** A value of COPY's text format. */
export function copyText(value: string): string {
  return value.replace(SPECIAL, (character) => ESCAPED[character]!);
}
