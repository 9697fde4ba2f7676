import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import pino from 'pino';
import { newTicketSigningKey } from '#capabilities/tickets';
import { ID_MAX } from '#contracts/ids';
import { ROOT, testDatabase } from '#testing/database';
import { testApi } from '#testing/api';
import { withEdits } from '#testing/without-guard';
import { buildApi } from './build-api.ts';
import { readApiSettings } from './config.ts';
import { wireApi } from './wire.ts';

// What is true of every route there is, asked of the whole API as it is wired for people.

const db = await testDatabase();
const log = pino({ level: 'silent' });
const dataDir = await mkdtemp(join(tmpdir(), 'poltrona-'));
const settings = readApiSettings({
  DATABASE_URL: db.connectionString,
  CPF_HMAC_KEY: Buffer.alloc(32, 1).toString('base64'),
  CPF_ENCRYPTION_KEY: Buffer.alloc(32, 2).toString('base64'),
  TICKET_SIGNING_KEY: newTicketSigningKey(),
  DATA_DIR: dataDir,
});
const wired = await wireApi({ db, settings, log });
const api = await buildApi({ log, db, root: ROOT, settings, ...wired });
after(async () => {
  await api.close();
  await wired.close();
  await rm(dataDir, { recursive: true });
});

type Schema = { type?: string; maximum?: number; minimum?: number; anyOf?: Schema[]; items?: Schema };
type Operation = {
  parameters?: { name: string; in: string; schema: Schema }[];
  responses: Record<string, { content?: Record<string, unknown> }>;
};
const document = (await api.inject('/api/openapi.json')).json<{ paths: Record<string, Record<string, Operation>> }>();
const routes = Object.entries(document.paths).flatMap(([path, operations]) =>
  Object.entries(operations).map(([method, operation]) => ({
    name: `${method.toUpperCase()} ${path}`,
    method: method.toUpperCase() as 'GET',
    // No id, no number, no date: whoever judged it first would say 422.
    url: path.replaceAll(/\{[^}]+\}/g, 'x'),
    operation,
  })),
);

/** Everybody may ask these. A new route is listed here, or asks for a session before anything else. */
const OPEN = [
  'GET /api/cities',
  'GET /api/config',
  'GET /api/door/keys',
  'GET /api/health',
  'GET /api/me',
  'GET /api/movies/{slug}',
  'GET /api/screenings/{id}',
  'GET /api/screenings/{id}/best-seats',
  'GET /api/screenings/{id}/live',
  'GET /api/screenings/{id}/seats',
  'GET /api/search',
  'GET /api/theaters',
  'POST /api/sign-in/code',
  'POST /api/sign-in/verify',
  'POST /api/sign-out',
  'POST /api/staff/second-factor',
  'POST /api/staff/sign-in',
  'POST /api/webhooks/paypal',
  'POST /api/webhooks/stripe',
];

test('every route that is not open answers 401 to a stranger, before it looks at ids, queries and bodies', async () => {
  const names = new Set(routes.map(({ name }) => name));
  assert.deepEqual(
    OPEN,
    OPEN.filter((name) => names.has(name)),
    'open routes that are no more',
  );
  const guarded = routes.filter(({ name }) => !OPEN.includes(name));
  assert.ok(guarded.length > 40, `${guarded.length} guarded routes`);
  for (const { name, method, url } of guarded) {
    const bodies = method === 'GET' ? [undefined] : [undefined, '', '{}', '{"a":', '{"a":"\\u0000"}'];
    for (const payload of bodies) {
      const headers = payload === undefined ? {} : { 'content-type': 'application/json' };
      const answer = await api.inject({ method, url, headers, ...(payload === undefined ? {} : { payload }) });
      assert.deepEqual([answer.statusCode, answer.json().code], [401, 'sign_in_required'], `${name} ${payload}`);
    }
  }
});

test('control: a guard that comes after the schema lets a stranger learn about ids and bodies first', async () => {
  const late = await withEdits<typeof import('./routes/seats.ts')>('apps/api', 'routes/seats.ts', {
    'routes/seats.ts': [['onRequest: [', 'preHandler: [']],
  });
  const unguarded = await testApi({}, (server) => late.registerSeatRoutes(server, { db } as never));
  const answer = await unguarded.inject({ method: 'POST', url: '/api/screenings/x/holds' });
  assert.equal(answer.statusCode, 422);
});

test('nobody keeps an answer about orders, people, the door or the back office, refusals neither', async () => {
  for (const { name, method, url } of routes.filter(({ url }) => /^\/api\/(admin|door|me|orders|payments)/.test(url))) {
    if (name === 'GET /api/door/keys') continue; // Public keys, the same for everybody.
    const answer = await api.inject({ method, url });
    assert.equal(answer.headers['cache-control'], 'no-store', name);
  }
  // The same route under another spelling, and what is kept on purpose.
  assert.equal((await api.inject('/api/%6De')).headers['cache-control'], 'no-store');
  assert.match(String((await api.inject('/api/cities')).headers['cache-control']), /public/);
});

test('every integer in a path or a query ends where the database’s integers end', () => {
  const loose = routes.flatMap(({ name, operation }) =>
    (operation.parameters ?? [])
      .filter(({ schema }) => integersIn(schema).some(({ maximum }) => maximum === undefined || maximum > ID_MAX))
      .map((parameter) => `${name}: ${parameter.in} ${parameter.name}`),
  );
  assert.deepEqual(loose, []);
  const bounded = routes.flatMap(({ operation }) =>
    (operation.parameters ?? []).flatMap((one) => integersIn(one.schema)),
  );
  assert.ok(bounded.length > 15, `${bounded.length} integers seen`);
});

test('an id beyond the integers is refused, not asked of the database', async () => {
  for (const url of [
    '/api/search?theater=2147483648',
    '/api/movies/x?theater=2147483648',
    '/api/screenings/2147483648',
  ]) {
    const answer = await api.inject(url);
    assert.deepEqual([answer.statusCode, answer.json().code], [422, 'validation_failed'], url);
  }
  assert.equal((await api.inject('/api/search?theater=2147483647')).statusCode, 200);
});

test('the OpenAPI document says of refusals what they are: problems', () => {
  const said = routes.flatMap(({ name, operation }) =>
    Object.entries(operation.responses)
      .filter(([status, { content }]) => /^[45]/.test(status) && content)
      .map(([status, { content }]) => ({ name, status, types: Object.keys(content!) })),
  );
  assert.ok(said.length > 30, `${said.length} refusals described`);
  const untrue = said.filter(({ types }) => types.join() !== 'application/problem+json');
  assert.deepEqual(untrue, []);
});

function integersIn(schema: Schema): Schema[] {
  const inner = [...(schema.anyOf ?? []), ...(schema.items ? [schema.items] : [])].flatMap(integersIn);
  return schema.type === 'integer' || schema.type === 'number' ? [schema, ...inner] : inner;
}
