import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';

const FILES = { '/stripe.js': 'stripe.js', '/paypal/sdk/js': 'paypal.js' } as const;

/** The browser halves of both providers. Only this process serves them; no bundle of the product holds them. */
export function registerBrowserDoubles(app: FastifyInstance): void {
  for (const [path, file] of Object.entries(FILES)) {
    const text = readFileSync(join(import.meta.dirname, 'browser', file), 'utf8');
    app.get(path, (_request, reply) =>
      reply.type('text/javascript; charset=utf-8').header('cross-origin-resource-policy', 'cross-origin').send(text),
    );
  }
}
