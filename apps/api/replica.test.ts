import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { after, test } from 'node:test';
import pino from 'pino';
import { newId } from '#platform/ids';
import type { Database } from '#platform/postgres';
import { as, testApi } from '#testing/api';
import { aBuyer, aMovie, aScreening, aTheater } from '#testing/builders';
import { ROOT } from '#testing/database';
import { aCpf, signedInBuyer, TEST_KEYS, testAccounts } from '#testing/people';
import { replicatedDatabase } from '#testing/replicated';
import { buildApi } from './build-api.ts';
import { readApiSettings } from './config.ts';
import { registerAdminRoutes } from './routes/admin.ts';
import { SESSION_COOKIE } from './session.ts';
import { wireApi } from './wire.ts';

// The wired API with a replica that stands still: what may lag does, what decides does not.

const world = await replicatedDatabase();
const { db } = world;
const said: string[] = [];
const log = pino({ level: 'info' }, { write: (line) => void said.push(line) });
const { privateKey } = generateKeyPairSync('ed25519');

async function anApi(replicaUrl: string | undefined) {
  const settings = readApiSettings({
    DATABASE_URL: db.connectionString,
    DATABASE_REPLICA_URL: replicaUrl,
    DATABASE_REPLICA_LAG_MS_MAX: '100000',
    CPF_HMAC_KEY: TEST_KEYS.cpfHmacKey,
    CPF_ENCRYPTION_KEY: TEST_KEYS.cpfEncryptionKey,
    TICKET_SIGNING_KEY: privateKey.export({ format: 'der', type: 'pkcs8' }).toString('base64'),
  });
  const wired = await wireApi({ db, settings, log });
  const api = await buildApi({ log, db, root: ROOT, settings, ...wired });
  after(async () => {
    await api.close();
    await wired.close();
  });
  return api;
}

const movieId = await aMovie(db, 'Limite');
const { screeningId } = await aScreening(db, { movieId, rows: 1, perRow: 10 });
await world.caughtUp();
const lagging = await anApi(world.replicaUrl);
// From here on the replica shows this moment.
while (!said.some((line) => line.includes('reads go to the replica'))) {
  await new Promise((resolve) => setTimeout(resolve, 20));
}
await world.pause();

async function readers(): Promise<number> {
  const row = await world.replica.row<{ n: number }>(
    `select count(*) as n from pg_stat_activity where application_name = 'poltrona api reader'`,
  );
  return row!.n;
}

const accounts = testAccounts(db);
async function aBuyerWithCookie() {
  const buyer = await signedInBuyer(db, accounts);
  await db.transaction((tx) => accounts.bindCpf(tx, { accountId: buyer.accountId, cpf: aCpf(), name: 'Ana Souza' }));
  return { [SESSION_COOKIE]: buyer.token };
}

const hold = async (cookies: Record<string, string>, seatNo: number, key: string = newId()) =>
  lagging.inject({
    method: 'POST',
    url: `/api/screenings/${screeningId}/holds`,
    cookies,
    headers: { 'idempotency-key': key },
    payload: { seats: [{ seatNo, kind: 'full' }] },
  });

test('the back office shows what the replica has; search and pages, which hear of changes at once, do not lag', async () => {
  await aScreening(db, {
    movieId: await aMovie(db, 'Ganga Bruta'),
    theaterId: await aTheater(db, { name: 'Cine Novo' }),
  });
  const people = { gerente: { ...aBuyer(9), role: 'manager' as const } };
  const listed = async (reader: Database) => {
    const api = await testApi(people, (server) => registerAdminRoutes(server, { db, reader }));
    const answer = await api.inject({ url: '/api/admin/theaters?q=novo', cookies: as('gerente') });
    return (answer.json() as { total: number }).total;
  };
  assert.deepEqual([await listed(world.replica), await listed(db)], [0, 1]);
  while ((await lagging.inject('/api/search?q=ganga')).json().total === 0) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
});

test('sessions, holds, keys, orders and seat maps know no lag: a seat is given once, and its taking is seen', async () => {
  const [ana, bia] = [await aBuyerWithCookie(), await aBuyerWithCookie()];
  const key = newId();
  const first = await hold(ana, 3, key);
  assert.equal(first.statusCode, 201, first.body);
  const again = await hold(ana, 3, key);
  assert.deepEqual([again.statusCode, again.body], [201, first.body]);
  const second = await hold(bia, 3);
  assert.deepEqual([second.statusCode, second.json().code], [409, 'seat_taken']);
  const map = await lagging.inject(`/api/screenings/${screeningId}/seats`);
  assert.equal(map.json().available, 9);
  const order = await lagging.inject({ url: `/api/orders/${first.json().orderId}`, cookies: ana });
  assert.equal(order.statusCode, 200);
});

test('a screening whose sale was just paused takes no hold', async () => {
  await db.rows(`update screenings.screenings set status = 'paused' where screening_id = $1`, [screeningId]);
  const refused = await hold(await aBuyerWithCookie(), 5);
  assert.deepEqual([refused.statusCode, refused.json().code], [409, 'screening_closed']);
});

test('… and all of it came through a pool on which PostgreSQL refuses to write', async () => {
  assert.ok((await readers()) > 0);
  await assert.rejects(world.replica.rows(`update screenings.screenings set status = 'on_sale'`), { code: '25006' });
});
