import { createHash, randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { FastifyInstance } from 'fastify';
import { FILE_BYTES_MAX } from '#capabilities/imports';

export type Upload = { path: string; bytes: number; sha256: string };

/** Bodies of any type go to a file as they come, counted and hashed, for the routes of this scope only. */
export async function takeUploads(scope: FastifyInstance, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser(
    '*',
    { bodyLimit: FILE_BYTES_MAX },
    async (_request: unknown, body: NodeJS.ReadableStream) => {
      const path = join(folder, randomUUID());
      const hash = createHash('sha256');
      let bytes = 0;
      const counted = new Transform({
        transform(chunk: Buffer, _encoding, done) {
          bytes += chunk.length;
          hash.update(chunk);
          if (bytes > FILE_BYTES_MAX)
            done(Object.assign(new Error('too large'), { code: 'FST_ERR_CTP_BODY_TOO_LARGE' }));
          else done(null, chunk);
        },
      });
      try {
        await pipeline(body, counted, createWriteStream(path, { mode: 0o600 }));
      } catch (error) {
        await unlink(path).catch(() => {});
        throw error;
      }
      return { path, bytes, sha256: hash.digest('hex') } satisfies Upload;
    },
  );
}

export async function forgetUpload(upload: Upload): Promise<void> {
  await unlink(upload.path).catch(() => {});
}
