import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';

/** A page for people: every payment, and buttons to be the buyer, the bank and bad luck. */
export function registerPage(app: FastifyInstance): void {
  const html = readFileSync(join(import.meta.dirname, 'browser', 'page.html'), 'utf8');
  app.get('/', (_request, reply) => reply.type('text/html; charset=utf-8').send(html));
}
