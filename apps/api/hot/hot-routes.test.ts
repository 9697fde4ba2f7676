import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { after, test } from 'node:test';
import pino from 'pino';
import { serveHot } from '#platform/hot-http/hot-connections';
import { systemClock } from '#platform/clock';
import { newId } from '#platform/ids';
import { remembered } from '#platform/remember';
import { testApi } from '#testing/api';
import { aBuyer, aScreening } from '#testing/builders';
import { testDatabase } from '#testing/database';
import { aSeatHolder } from '#testing/holding';
import { createHoldDesk } from '../hold-desk.ts';
import { createSeatMaps } from '../live/seat-maps.ts';
import { createStreams } from '../live/streams.ts';
import { registerSeatRoutes } from '../routes/seats.ts';
import { useSecurity } from '../security.ts';
import type { Session } from '../session.ts';
import { createHotRoutes } from './hot-routes.ts';

// The same request to the hot routes and to the ordinary ones: the answers must be the same, but for the date.

const db = await testDatabase();
const log = pino({ level: 'silent' });
const holder = aSeatHolder(db);
const people = { ana: aBuyer(1), bia: aBuyer(2), novo: { ...aBuyer(3), buyerKey: null } };
const seatMaps = await createSeatMaps({ db, log, clock: systemClock });
const streams = createStreams();
const limits = { perAccountAMinute: 30, perAddressAMinute: 1_000, unpaidOrders: 100 };
const page = remembered({ title: 'x'.repeat(6_000) });

/** Two processes of one API: one with the hot routes in front, one without. */
async function anApi(hot: boolean) {
  const holdDesk = createHoldDesk({ db, seatHolder: holder, limits });
  const api = await testApi(people, async (api) => {
    await useSecurity(api, { scriptUrls: [], secure: false });
    registerSeatRoutes(api, { db, seatMaps, holdDesk, streams });
  });
  if (hot) {
    const deps = { api, clock: systemClock, seatMaps, holdDesk, trustProxy: false, peekWebPage: () => null };
    const resolveSession = async (token: string) => {
      if (token === 'slow') throw Object.assign(new Error('canceling statement due to timeout'), { code: '57014' });
      return token === 'late' ? people.bia : null;
    };
    const peekSession = (token: string) => (people as Record<string, Session>)[token] ?? null;
    const routes = await createHotRoutes({ ...deps, peekSession, resolveSession, peekPage: () => page });
    const connections = serveHot(api.server, routes);
    after(() => connections.close());
  }
  await api.listen({ port: 0, host: '127.0.0.1' });
  after(() => api.close());
  return (api.server.address() as AddressInfo).port;
}
const [hotPort, coldPort] = [await anApi(true), await anApi(false)];
after(async () => {
  streams.close();
  await seatMaps.close();
  await holder.close();
});

type Said = { status: string; fields: Record<string, string>; body: string };

/** Bytes as they are on the wire: what a client library adds or hides is not seen by it. */
async function ask(port: number, lines: string[], body = ''): Promise<Said> {
  const socket = connect(port, '127.0.0.1');
  socket.write(
    [...lines, 'host: x', ...(body ? [`content-length: ${Buffer.byteLength(body)}`] : []), '', body].join('\r\n'),
  );
  const text = await new Promise<string>((resolve) => {
    let all = '';
    socket.on('data', (chunk: Buffer) => {
      all += chunk.toString('latin1');
      const head = all.indexOf('\r\n\r\n');
      const length = Number(/content-length: (\d+)/i.exec(all)?.[1] ?? 0);
      if (head !== -1 && all.length >= head + 4 + length) resolve(all);
    });
  });
  socket.destroy();
  const [head, ...rest] = text.split('\r\n\r\n');
  const [status, ...fields] = head!.split('\r\n');
  return {
    status: status!,
    fields: Object.fromEntries(
      fields.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 2)]),
    ),
    body: rest.join('\r\n\r\n'),
  };
}

const OF_THE_MOMENT = ['date', 'connection', 'keep-alive'];
const comparable = ({ status, fields, body }: Said) => {
  for (const name of OF_THE_MOMENT) delete fields[name];
  // An id of the request is its own; everything else of a problem is not.
  return { status, fields, body: body.replace(/"instance":"[^"]+"/, '"instance":"…"') };
};

async function same(lines: string[], body = '') {
  const [hot, cold] = [await ask(hotPort, lines, body), await ask(coldPort, lines, body)];
  // A refusal that was decided is kept under its key: the second to be asked repeats it.
  delete cold.fields['idempotent-replayed'];
  assert.deepEqual(comparable(hot), comparable(cold));
  return hot;
}

test('a seat map: the same head and body, and 304 for who has it', async () => {
  const { screeningId } = await aScreening(db);
  const url = `GET /api/screenings/${screeningId}/seats HTTP/1.1`;
  await same([url]); // Read for the first time.
  const first = await same([url]);
  assert.equal(first.status, 'HTTP/1.1 200 OK');
  assert.match(first.fields['content-security-policy'] ?? '', /default-src 'none'/);
  const again = await same([url, `if-none-match: ${first.fields['etag']}`]);
  assert.equal(again.status, 'HTTP/1.1 304 Not Modified');
  await same([url, `if-none-match: W/${first.fields['etag']}, "other"`]);
});

test('what is unknown or malformed is refused as ever', async () => {
  await same(['GET /api/screenings/999999/seats HTTP/1.1']);
  await same(['GET /api/screenings/0/seats HTTP/1.1']);
  await same(['GET /api/screenings/1e3/seats HTTP/1.1']);
  await same(['GET /api/screenings/99999999999/seats HTTP/1.1']);
});

const hold = (screeningId: number, who: string, more: string[] = []) => [
  `POST /api/screenings/${screeningId}/holds HTTP/1.1`,
  `cookie: other=1; poltrona_session=${who}`,
  'content-type: application/json',
  ...more,
];
const seats = (...nos: number[]) => JSON.stringify({ seats: nos.map((seatNo) => ({ seatNo, kind: 'full' })) });

test('a hold: made at one way in, repeated at the other, byte by byte', async () => {
  const { screeningId } = await aScreening(db);
  for (const ports of [
    [hotPort, coldPort],
    [coldPort, hotPort],
  ] as const) {
    const lines = hold(screeningId, 'ana', [`idempotency-key: ${newId()}`]);
    const body = ports[0] === hotPort ? seats(1, 2) : seats(3);
    const first = await ask(ports[0], lines, body);
    assert.equal(first.status, 'HTTP/1.1 201 Created');
    const replay = await ask(ports[1], lines, body);
    assert.equal(replay.body, first.body);
    assert.equal(replay.fields['idempotent-replayed'], 'true');
    const { 'idempotent-replayed': _mark, ...fields } = comparable(replay).fields;
    assert.deepEqual(fields, comparable(first).fields);
    assert.equal((await ask(ports[1], lines, seats(9))).status, 'HTTP/1.1 422 Unprocessable Entity');
  }
});

test('every refusal of a hold is the same both ways', async () => {
  const { screeningId } = await aScreening(db);
  const key = () => `idempotency-key: ${newId()}`;
  assert.equal((await ask(hotPort, hold(screeningId, 'ana', [key()]), seats(7))).status, 'HTTP/1.1 201 Created');
  await same(hold(screeningId, 'bia', [key()]), seats(7));
  await same(hold(999_999, 'bia', [key()]), seats(1));
  await same(hold(screeningId, 'nobody', [key()]), seats(1));
  await same(hold(screeningId, 'novo', [key()]), seats(1));
  await same(hold(screeningId, 'bia'), seats(1));
  await same(hold(screeningId, 'bia', ['idempotency-key: zwölf']), seats(1));
  await same(hold(screeningId, 'bia', [key()]), seats(1, 1));
  await same(hold(screeningId, 'bia', [key()]), seats(4_999));
  await same(hold(screeningId, 'bia', [key()]), '{"seats":[]}');
  await same(hold(screeningId, 'bia', [key()]), '{"seats":[{"seatNo":"1","kind":"full"}]}');
  await same(hold(screeningId, 'bia', [key()]), '{"seats":[{"seatNo":1,"kind":"courtesy"}]}');
  await same(hold(screeningId, 'bia', [key()]), '{"seats":[{"seatNo":1,"kind":"full"}],"__proto__":{"a":1}}');
  await same(hold(screeningId, 'bia', [key()]), '{"seats"');
  await same(hold(screeningId, 'bia', [key(), 'origin: https://elsewhere.example']), seats(1));
  await same(hold(screeningId, 'bia', [key(), 'sec-fetch-site: cross-site']), seats(1));
  await same(
    hold(screeningId, 'bia', [key()]).filter((line) => !line.startsWith('content-type')),
    seats(1),
  );
});

test('who tries too often is told so both ways, after the same number of tries', async () => {
  const { screeningId } = await aScreening(db);
  for (const port of [hotPort, coldPort]) {
    let last: Said | null = null;
    for (let tries = 0; tries < 31; tries += 1) {
      last = await ask(port, hold(screeningId, 'ana', [`idempotency-key: ${newId()}`]), seats(4_000));
    }
    assert.equal(last!.status, 'HTTP/1.1 429 Too Many Requests');
    assert.match(last!.fields['retry-after'] ?? '', /^\d+$/);
  }
});

test('a page that is in memory is packed for who takes it so, once it has been asked for', async () => {
  const url = 'GET /api/movies/limite HTTP/1.1';
  const plain = await ask(hotPort, [url]);
  assert.equal(plain.body, page.body);
  let small = plain;
  for (let tries = 0; tries < 3; tries += 1) small = await ask(hotPort, [url, 'accept-encoding: gzip, br;q=0.9']);
  assert.equal(small.fields['content-encoding'], 'br');
  assert.equal(small.fields['etag'], `W/${plain.fields['etag']}`);
  assert.ok(Number(small.fields['content-length']) < 100);
  assert.equal(
    (await ask(hotPort, [url, `if-none-match: ${small.fields['etag']}`])).status,
    'HTTP/1.1 304 Not Modified',
  );
  assert.equal((await ask(hotPort, [url, 'accept-encoding: br;q=0'])).fields['content-encoding'], undefined);
});

test('a path that would be another path when read again is node’s', async () => {
  const { screeningId } = await aScreening(db);
  for (const path of [
    `/api/movies/../screenings/${screeningId}/live`,
    `/api/movies/%2e%2e/screenings/${screeningId}/live`,
    `/api/movies/..\\screenings/${screeningId}/live`,
    `/api/search/../screenings/${screeningId}/seats`,
  ]) {
    const said = await same([`GET ${path} HTTP/1.1`]);
    assert.equal(said.status, 'HTTP/1.1 404 Not Found', path);
  }
});

test('odd cookies, origins and types are judged as by the ordinary routes', async () => {
  const { screeningId } = await aScreening(db);
  const url = `POST /api/screenings/${screeningId}/holds HTTP/1.1`;
  const json = 'content-type: application/json';
  const key = () => `idempotency-key: ${newId()}`;
  await same([url, json, key(), 'cookie: a=1;poltrona_session=nobody; poltrona_session=bia'], seats(1));
  await same([url, json, key(), 'cookie: xpoltrona_session=bia'], seats(1));
  await same([url, 'content-type: application/jsonx', key(), 'cookie: poltrona_session=bia'], seats(1));
  for (const origin of ['foo//x', 'http://evil//x', 'null']) {
    await same([url, json, key(), 'cookie: poltrona_session=bia', `origin: ${origin}`], seats(1));
  }
});

test('a session that is not in memory is read, and the hold is made without the ordinary routes', async () => {
  const { screeningId } = await aScreening(db);
  const key = () => `idempotency-key: ${newId()}`;
  const made = await ask(hotPort, hold(screeningId, 'late', [key()]), seats(1));
  // The ordinary routes do not know this one.
  assert.equal(made.status, 'HTTP/1.1 201 Created');
  assert.equal((await ask(coldPort, hold(screeningId, 'late', [key()]), seats(2))).status, 'HTTP/1.1 401 Unauthorized');
});

test('when the session cannot be read in time, that is said at once and nobody waits for it twice', async () => {
  const { screeningId } = await aScreening(db);
  const said = await ask(hotPort, hold(screeningId, 'slow', [`idempotency-key: ${newId()}`]), seats(1));
  // The ordinary routes would have asked again, and said 401.
  assert.equal(said.status, 'HTTP/1.1 503 Service Unavailable');
  assert.equal((JSON.parse(said.body) as { code: string }).code, 'database_busy');
});
