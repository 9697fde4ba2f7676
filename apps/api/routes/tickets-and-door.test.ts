import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ADMISSION_RULES } from '#capabilities/admission';
import type { TicketView } from '#contracts/tickets';
import type { DoorPack, Verdict } from '#contracts/door';
import { newId } from '#platform/ids';
import { as, testApi } from '#testing/api';
import { aBuyer, aScreening, ID_BEYOND_INT4 } from '#testing/builders';
import { testDatabase } from '#testing/database';
import { soldTickets, testKeys } from '#testing/sold-tickets';
import { registerDoorRoutes } from './door.ts';
import { registerTicketRoutes } from './tickets.ts';

const db = await testDatabase();
const ana = aBuyer(1);
const people = {
  ana,
  ben: aBuyer(2),
  collector: aBuyer(4),
  usher: { ...aBuyer(3), role: 'usher' as const, buyerKey: null },
};
const api = await testApi(people, (server) => {
  registerTicketRoutes(server, { db, keys: testKeys });
  registerDoorRoutes(server, { db, keys: testKeys, rules: ADMISSION_RULES });
});
const inMinutes = (minutes: number) => new Date(Date.now() + minutes * 60_000);
const get = (url: string, who?: string) => api.inject({ url, ...(who ? { cookies: as(who) } : {}) });
const post = (url: string, who: string, payload?: object, key: string = newId()) =>
  api.inject({
    method: 'POST',
    url,
    cookies: as(who),
    headers: { 'idempotency-key': key },
    ...(payload ? { payload } : {}),
  });

test('a buyer gets own tickets as list, PDF and calendar; others get 404, visitors 401', async () => {
  const sold = await soldTickets(db, await aScreening(db), [{ seatNo: 1 }, { seatNo: 2 }], ana.accountId);
  const base = `/api/orders/${sold.orderId}`;
  const listed = await get('/api/me/tickets', 'ana');
  assert.equal(listed.statusCode, 200);
  assert.deepEqual(listed.json<TicketView[]>(), sold.tickets);
  assert.equal(listed.headers['cache-control'], 'no-store');
  assert.deepEqual((await get(`${base}/tickets`, 'ana')).json(), sold.tickets);
  const pdf = await get(`${base}/tickets.pdf?locale=en`, 'ana');
  assert.equal(pdf.headers['content-type'], 'application/pdf');
  assert.equal(pdf.rawPayload.subarray(0, 5).toString(), '%PDF-');
  const calendar = await get(`${base}/calendar.ics`, 'ana');
  assert.match(String(calendar.headers['content-type']), /^text\/calendar/);
  assert.match(calendar.body, /^BEGIN:VCALENDAR\r\n/);
  for (const path of ['/tickets', '/tickets.pdf', '/calendar.ics']) {
    const other = await get(base + path, 'ben');
    assert.equal(other.statusCode, 404, path);
    assert.equal(other.json().code, 'tickets_unknown');
    assert.equal((await get(base + path)).statusCode, 401, path);
  }
  assert.equal((await get('/api/orders/x/tickets', 'ana')).statusCode, 422);
  for (const id of [newId(), ID_BEYOND_INT4]) {
    for (const path of ['/tickets', '/tickets.pdf', '/calendar.ics']) {
      assert.equal((await get(`/api/orders/${id}${path}`, 'ana')).statusCode, 404, id + path);
    }
  }
  assert.deepEqual((await get('/api/me/tickets', 'ben')).json(), []);
});

test('an account asks for twenty PDFs a minute and is then told when to come back; another one is not touched', async () => {
  const who = 'collector';
  const ask = (name: string) => get(`/api/orders/${newId()}/tickets.pdf`, name);
  for (let index = 0; index < 20; index += 1) assert.equal((await ask(who)).statusCode, 404);
  const refused = await ask(who);
  assert.deepEqual([refused.statusCode, refused.json().code], [429, 'too_many_requests']);
  assert.ok(Number(refused.headers['retry-after']) > 0);
  assert.equal((await ask('ben')).statusCode, 404);
  assert.equal((await get('/api/me/tickets', who)).statusCode, 200, 'only PDFs are counted');
});

test('an usher scans, hears why not, takes back; a buyer may not', async () => {
  const screening = await aScreening(db, { startsAt: inMinutes(20) });
  const { screeningId } = screening;
  const { tickets } = await soldTickets(db, screening, [{ seatNo: 1, kind: 'half_student' }]);
  const body = () => ({ screeningId, token: tickets[0]!.token, gate: 'Portão 1', nonce: newId() });
  assert.equal((await post('/api/door/admissions', 'ana', body())).statusCode, 403);
  const first = (await post('/api/door/admissions', 'usher', body())).json<Verdict>();
  assert.equal(first.outcome, 'admitted_check_proof');
  const second = await post('/api/door/admissions', 'usher', body());
  assert.equal(second.statusCode, 200);
  assert.equal(second.json<Verdict>().outcome, 'already_admitted');
  const counts = await get(`/api/door/screenings/${screeningId}/counts`, 'usher');
  assert.deepEqual(counts.json(), { sold: 1, admitted: 1 });
  const undone = await post(`/api/door/admissions/${first.admissionId}/undo`, 'usher');
  assert.deepEqual(undone.json(), { counts: { sold: 1, admitted: 0 } });
  assert.equal((await post(`/api/door/admissions/${newId()}/undo`, 'usher')).statusCode, 404);
});

test('a scan repeated with its key is answered byte for byte; its nonce on another ticket is 409', async () => {
  const screening = await aScreening(db, { startsAt: inMinutes(20) });
  const { tickets } = await soldTickets(db, screening, [{ seatNo: 1 }, { seatNo: 2 }]);
  const key = newId();
  const scan = { screeningId: screening.screeningId, code: tickets[0]!.code, gate: '1', nonce: newId() };
  const first = await post('/api/door/admissions', 'usher', scan, key);
  const replay = await post('/api/door/admissions', 'usher', scan, key);
  assert.equal(replay.body, first.body);
  assert.equal(replay.headers['idempotent-replayed'], 'true');
  const resent = await post('/api/door/admissions', 'usher', scan);
  assert.equal(resent.json<Verdict>().outcome, 'admitted');
  const reused = await post('/api/door/admissions', 'usher', { ...scan, code: tickets[1]!.code });
  assert.equal(reused.statusCode, 409);
  assert.equal(reused.json().code, 'nonce_reused');
});

test('bad scans are 4xx with a code, never a 500', async () => {
  const good = { screeningId: 1, code: 'x', gate: '1', nonce: newId() };
  const bad: [object, number][] = [
    [{ ...good, screeningId: 2_000_000_000 }, 404],
    [{ ...good, screeningId: 3_000_000_000 }, 422],
    [{ ...good, screeningId: '1' }, 422],
    [{ ...good, nonce: 'again' }, 422],
    [{ ...good, gate: '' }, 422],
    [{ ...good, code: 'x'.repeat(21) }, 422],
    [{ ...good, extra: 1 }, 422],
  ];
  for (const [body, status] of bad) {
    const answer = await post('/api/door/admissions', 'usher', body);
    assert.equal(answer.statusCode, status, JSON.stringify(body));
    assert.ok(answer.json().code);
  }
});

test('the list of today, the pack and the public keys are served; the keys to anybody', async () => {
  const screening = await aScreening(db, { startsAt: inMinutes(20) });
  await soldTickets(db, screening, [{ seatNo: 1 }]);
  const keys = (await get('/api/door/keys')).json();
  const pack = await get(`/api/door/screenings/${screening.screeningId}/pack`, 'usher');
  assert.equal(pack.json<DoorPack>().tickets.length, 1);
  assert.deepEqual(pack.json<DoorPack>().keys, keys.keys);
  assert.equal((await get('/api/door/screenings/2000000000/pack', 'usher')).statusCode, 404);
  assert.equal((await get(`/api/door/screenings/${screening.screeningId}/pack`, 'ana')).statusCode, 403);
  const list = await get(`/api/door/screenings?theater=${screening.theaterId}&day=1999-01-01`, 'usher');
  assert.deepEqual(list.json(), { screenings: [] });
  assert.equal((await get('/api/door/screenings?day=2026-02-31', 'usher')).statusCode, 422);
  assert.equal((await get('/api/door/screenings', 'usher')).statusCode, 200);
});
