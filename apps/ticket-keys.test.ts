import assert from 'node:assert/strict';
import { createPublicKey } from 'node:crypto';
import { test } from 'node:test';
import { ADMISSION_RULES } from '#capabilities/admission';
import { newTicketSigningKey, publishedKeys } from '#capabilities/tickets';
import type { Verdict } from '#contracts/door';
import { newId } from '#platform/ids';
import { as, testApi } from '#testing/api';
import { aBuyer, aScreening } from '#testing/builders';
import { testDatabase } from '#testing/database';
import { soldTickets, testKeys } from '#testing/sold-tickets';
import { readApiSettings } from './api/config.ts';
import { registerDoorRoutes } from './api/routes/door.ts';
import { ticketKeysOf } from './ticket-keys.ts';
import { readWorkerSettings } from './worker/config.ts';

const db = await testDatabase();
const usher = { ...aBuyer(1), role: 'usher' as const, buyerKey: null };
const formerKey = createPublicKey(testKeys.signing.privateKey)
  .export({ format: 'der', type: 'spki' })
  .toString('base64');
const environment = (olderKeys?: string) => ({
  DATABASE_URL: db.connectionString,
  CPF_HMAC_KEY: 'a'.repeat(44),
  CPF_ENCRYPTION_KEY: 'b'.repeat(44),
  TICKET_SIGNING_KEY: newTicketSigningKey(),
  ...(olderKeys === undefined ? {} : { TICKET_OLDER_KEYS: olderKeys }),
});

/** What the door of a house with these settings says to a ticket that the former key signed. */
async function verdict(olderKeys?: string): Promise<Verdict> {
  const screening = await aScreening(db, { startsAt: new Date(Date.now() + 20 * 60_000) });
  const { tickets } = await soldTickets(db, screening, [{ seatNo: 1 }]);
  const keys = ticketKeysOf(readApiSettings(environment(olderKeys)));
  const api = await testApi({ usher }, (server) => registerDoorRoutes(server, { db, keys, rules: ADMISSION_RULES }));
  const answer = await api.inject({
    method: 'POST',
    url: '/api/door/admissions',
    cookies: as('usher'),
    headers: { 'idempotency-key': newId() },
    payload: { screeningId: screening.screeningId, token: tickets[0]!.token, gate: 'Portão 1', nonce: newId() },
  });
  await api.close();
  return answer.json<Verdict>();
}

test('after a change of key, a ticket of the former one is admitted while TICKET_OLDER_KEYS names it', async () => {
  const another = publishedKeys(ticketKeysOf({ TICKET_SIGNING_KEY: newTicketSigningKey() }))[0]!.publicKey;
  const spki = Buffer.concat([formerBytes().subarray(0, -32), Buffer.from(another, 'base64url')]).toString('base64');
  assert.equal((await verdict(formerKey)).outcome, 'admitted');
  assert.equal((await verdict(` ${spki} , ${formerKey}, `)).outcome, 'admitted', 'whatever its place in the list');
});

test('without the former key its tickets are refused, and nobody is admitted', async () => {
  for (const olderKeys of [undefined, '']) {
    const refused = await verdict(olderKeys);
    assert.equal(refused.outcome, 'unreadable');
    assert.equal(refused.counts.admitted, 0);
  }
});

test('the worker, which prints tickets, reads the same keys; what is no key stops the start without being shown', () => {
  const keys = ticketKeysOf(readWorkerSettings(environment(formerKey)));
  assert.equal(publishedKeys(keys).length, 2);
  assert.equal(publishedKeys(keys)[1]!.publicKey, formerBytes().subarray(-32).toString('base64url'));
  assert.throws(
    () => ticketKeysOf(readApiSettings(environment('bm90IGEga2V5'))),
    (error: Error) => !error.message.includes('bm90IGEga2V5'),
  );
});

function formerBytes(): Buffer {
  return Buffer.from(formerKey, 'base64');
}
