import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import cookie from '@fastify/cookie';
import pino from 'pino';
import { createHttpServer } from '#platform/http-server';
import { aScreening } from '#testing/builders';
import { testDatabase } from '#testing/database';
import { aHeldOrder, aSeatHolder } from '#testing/holding';
import { signedInBuyer, testAccounts } from '#testing/people';
import { registerOrderRoutes } from '../routes/orders.ts';
import { SESSION_COOKIE, useSessions } from '../session.ts';
import { createOrderFeed } from './order-feed.ts';
import { createStreams } from './streams.ts';

const db = await testDatabase();
const log = pino({ level: 'silent' });
const holder = aSeatHolder(db);
after(() => holder.close());

/** One process with its own memory of sessions, its own ear and its own streams. */
async function aProcess(wired: boolean) {
  const streams = createStreams();
  const accounts = testAccounts(db, wired ? { onRevoked: (accountId) => streams.endOf(accountId) } : {});
  await accounts.start();
  const orderFeed = await createOrderFeed({ db, log });
  const api = createHttpServer({ log });
  await api.register(cookie);
  useSessions(api, accounts.resolveSession);
  registerOrderRoutes(api, { db, orderFeed, streams });
  api.get('/public', async (request, reply) => {
    streams.open(request, reply);
    return reply;
  });
  await api.listen({ port: 0 });
  const base = `http://127.0.0.1:${(api.server.address() as AddressInfo).port}`;
  after(async () => {
    streams.close();
    await api.close();
    await orderFeed.close();
    await accounts.close();
  });
  const watch = (path: string, token: string) =>
    fetch(base + path, { headers: { cookie: `${SESSION_COOKIE}=${token}` } });
  return { accounts, streams, watch };
}

async function aWatcher(accounts: ReturnType<typeof testAccounts>) {
  const person = await signedInBuyer(db, accounts);
  const { screeningId } = await aScreening(db);
  const { orderId } = await aHeldOrder(holder, screeningId, [1], { buyerId: person.accountId });
  return { ...person, path: `/api/orders/${orderId}/live` };
}

const sleepless = () => new Promise((resolve) => setImmediate(resolve));

test('an account’s live orders end when its session is revoked elsewhere; others, and public streams, go on', async () => {
  const { accounts, streams, watch } = await aProcess(true);
  const [ana, bia] = [await aWatcher(accounts), await aWatcher(accounts)];
  const live = await watch(ana.path, ana.token);
  assert.equal(live.status, 200);
  const others = [await watch(bia.path, bia.token), await watch('/public', ana.token)];
  assert.equal(streams.count(), 3);
  const session = (await accounts.resolveSession(ana.token))!;
  const elsewhere = testAccounts(db);
  await db.transaction((tx) => elsewhere.endSession(tx, ana.accountId, session.sessionId));
  // Reads to the end, which only comes when the stream is cut.
  await live.text();
  assert.equal((await watch(ana.path, ana.token)).status, 401);
  assert.equal(streams.count(), 2);
  for (const other of others) await other.body!.cancel();
});

test('control: when the notice is not passed on, the stream outlives its session', async () => {
  const { accounts, streams, watch } = await aProcess(false);
  const ana = await aWatcher(accounts);
  const live = await watch(ana.path, ana.token);
  const session = (await accounts.resolveSession(ana.token))!;
  await db.transaction((tx) => accounts.endSession(tx, ana.accountId, session.sessionId));
  while ((await accounts.resolveSession(ana.token)) !== null) await sleepless();
  assert.equal(streams.count(), 1);
  await live.body!.cancel();
});

test('a stream that opens on the word of a session revoked meanwhile ends at once; after a deaf time all are asked anew', async () => {
  const streams = createStreams();
  const api = createHttpServer({ log });
  let meanwhile: string | null = 'nobody';
  api.get('/live/:account', async (request, reply) => {
    streams.endOf(meanwhile);
    streams.open(request, reply, { accountId: (request.params as { account: string }).account });
    return reply;
  });
  await api.listen({ port: 0 });
  const url = `http://127.0.0.1:${(api.server.address() as AddressInfo).port}/live`;
  const kept = await fetch(`${url}/ana`);
  assert.equal(streams.count(), 1, 'somebody else was revoked');
  meanwhile = 'ana';
  await (await fetch(`${url}/ana`)).text();
  await kept.text();
  meanwhile = 'nobody';
  const bia = await fetch(`${url}/bia`);
  streams.endOf(null);
  await bia.text();
  assert.equal(streams.count(), 0);
  streams.close();
  await api.close();
});
