import { createHash, randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { FastifyInstance } from 'fastify';

export type Upload = { path: string; bytes: number; sha256: string };

/**
 * Bodies of any type go to a file as they come, counted and hashed, for the routes of this scope only. One that is too
 * big becomes null, and the route answers: a parser that throws closes the connection before anybody reads why.
 */
export async function takeUploads(scope: FastifyInstance, folder: string, bytesMax: number): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser('*', { bodyLimit: bytesMax }, async (_request: unknown, body: Readable) => {
    const path = join(folder, randomUUID());
    const hash = createHash('sha256');
    let bytes = 0;
    async function* counted(): AsyncGenerator<Buffer> {
      for await (const chunk of body.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
        bytes += chunk.length;
        if (bytes > bytesMax) return;
        hash.update(chunk);
        yield chunk;
      }
    }
    try {
      await pipeline(Readable.from(counted(), { objectMode: false }), createWriteStream(path, { mode: 0o600 }));
    } catch (error) {
      await unlink(path).catch(() => {});
      throw error;
    }
    if (bytes <= bytesMax) return { path, bytes, sha256: hash.digest('hex') } satisfies Upload;
    await unlink(path).catch(() => {});
    readOnInVain(body);
    return null;
  });
}

const IN_VAIN_MS = 10_000;

/**
 * Lets a refused body come for a while, into nothing: a connection closed on unread bytes is reset, and the sender
 * would never see the answer. Whoever goes on sending is cut off.
 */
export function readOnInVain(body: Readable): void {
  const cut = setTimeout(() => body.destroy(), IN_VAIN_MS);
  cut.unref();
  body.once('close', () => clearTimeout(cut));
  body.on('error', () => {});
  body.resume();
}

export async function forgetUpload(upload: Upload): Promise<void> {
  await unlink(upload.path).catch(() => {});
}
