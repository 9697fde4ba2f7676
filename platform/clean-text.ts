import type { FastifyRequest } from 'fastify';
import type { HttpServer } from './http-server.ts';
import { sendProblem } from './problem.ts';

const DEPTH_MAX = 32;

/**
 * Refuses text that no database column can keep: NUL characters and half surrogates, anywhere in body, query or path,
 * and bodies nested deeper than anything of ours. Without it they reach PostgreSQL and come back as a 500.
 */
export function refuseUncleanText(server: HttpServer): void {
  server.addHook('preValidation', async (request: FastifyRequest, reply) => {
    const field =
      findUnclean(request.params, 'params') ?? findUnclean(request.query, 'query') ?? findUnclean(request.body, '');
    if (field === null) return;
    return sendProblem(reply, 422, 'validation_failed', { errors: [{ field, code: 'text_unclean' }] });
  });
}

/** The path of the first unclean text, or null. Raw bodies (buffers, streams) are their handler's own business. */
export function findUnclean(value: unknown, path: string, depth = 0): string | null {
  if (typeof value === 'string') return value.includes('\0') || !value.isWellFormed() ? path || 'body' : null;
  if (!isPlain(value)) return null;
  if (depth > DEPTH_MAX) return path || 'body';
  for (const [name, inner] of Object.entries(value)) {
    const here = [path, name.slice(0, 60)].filter(Boolean).join('.');
    const found = findUnclean(name, here) ?? findUnclean(inner, here, depth + 1);
    if (found !== null) return found;
  }
  return null;
}

function isPlain(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !ArrayBuffer.isView(value) && !('pipe' in value);
}
