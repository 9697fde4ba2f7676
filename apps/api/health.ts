import { Type } from 'typebox';
import type { HttpServer } from '#platform/http-server';
import { pendingChanges } from '#platform/migrate';
import type { Database } from '#platform/postgres';
import { sendProblem } from '#platform/problem';

/** What else has to work before we say so: a name, and a question that rejects or answers false. */
export type Dependency = { name: string; ready: () => Promise<boolean> | boolean };

const CHECK_MS_MAX = 2_000;

/** GET /api/health: 200 when the database answers, its schema is this release's, and every dependency is ready. */
export function registerHealthRoutes(
  api: HttpServer,
  deps: { db: Database; root: string; dependencies: readonly Dependency[] },
): void {
  let migrated = false;
  const checks: Dependency[] = [
    { name: 'database', ready: async () => (await deps.db.rows('select 1')).length === 1 },
    {
      name: 'migrations',
      // Once true, true for the life of the process: a release never takes its own migrations back.
      ready: async () => (migrated ||= (await pendingChanges(deps.db, deps.root)) === 0),
    },
    ...deps.dependencies,
  ];
  api.get(
    '/api/health',
    {
      schema: {
        summary: 'Whether everything is ready',
        tags: ['operation'],
        response: { 200: Type.Object({ status: Type.String(), checks: Type.Record(Type.String(), Type.Boolean()) }) },
      },
    },
    async (_request, reply) => {
      const answers = await Promise.all(checks.map(async (check) => [check.name, await ask(check)] as const));
      reply.header('cache-control', 'no-store');
      const seen = Object.fromEntries(answers);
      if (answers.every(([, ready]) => ready)) return { status: 'ready', checks: seen };
      return sendProblem(reply, 503, 'not_ready', { retryAfter: 1, extra: { checks: seen } });
    },
  );
}

async function ask(check: Dependency): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), CHECK_MS_MAX);
  });
  const answer = (async () => check.ready())().catch(() => false);
  return Promise.race([answer, late]).finally(() => clearTimeout(timer));
}
