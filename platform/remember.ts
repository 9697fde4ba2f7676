import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Clock } from './clock.ts';

/** A body that was serialised once, and its ETag. */
export type Remembered = { body: string; etag: string };

/**
 * Answers of the same question within `ttlMs` are made once, also when many ask while it is being made. The oldest
 * are dropped beyond `entriesMax`; what fails, or answers null, is not kept.
 */
export function createMemory(options: { ttlMs: number; entriesMax: number; clock: Clock }) {
  const entries = new Map<string, { until: number; answer: Promise<Remembered | null> }>();

  const make = async (key: string, load: () => Promise<unknown>): Promise<Remembered | null> => {
    try {
      const value = await load();
      if (value === null) entries.delete(key);
      return value === null ? null : remembered(value);
    } catch (error) {
      entries.delete(key);
      throw error;
    }
  };

  return {
    async answer(key: string, load: () => Promise<unknown>): Promise<Remembered | null> {
      const now = options.clock.now().getTime();
      const known = entries.get(key);
      if (known && known.until > now) return known.answer;
      entries.delete(key);
      const fresh = { until: now + options.ttlMs, answer: make(key, load) };
      entries.set(key, fresh);
      // Map keeps the order of insertion: the first key is the oldest.
      if (entries.size > options.entriesMax) entries.delete(entries.keys().next().value!);
      return fresh.answer;
    },
    size: () => entries.size,
  };
}

export type Memory = ReturnType<typeof createMemory>;

function remembered(value: unknown): Remembered {
  const body = JSON.stringify(value);
  return { body, etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"` };
}

/** 304 when the caller has it already, else the bytes as they are. */
export function sendRemembered(request: FastifyRequest, reply: FastifyReply, found: Remembered): FastifyReply {
  reply.header('etag', found.etag).header('cache-control', 'public, max-age=0, must-revalidate');
  if (request.headers['if-none-match'] === found.etag) return reply.code(304).send();
  return reply
    .type('application/json; charset=utf-8')
    .serializer((body: unknown) => body as string)
    .send(found.body);
}
