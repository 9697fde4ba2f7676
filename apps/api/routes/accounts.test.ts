import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { randomUUID } from 'node:crypto';
import cookie from '@fastify/cookie';
import pino from 'pino';
import { refuseUncleanText } from '#platform/clean-text';
import { createHttpServer } from '#platform/http-server';
import { aCpf, anEmail, mailedCode, testAccounts } from '#testing/people';
import { ROOT, testDatabase } from '#testing/database';
import { SESSION_COOKIE, useSessions } from '../session.ts';
import { sessionCookie } from '../sign-in-answer.ts';
import { registerAccountRoutes } from './accounts.ts';

const db = await testDatabase();
const accounts = testAccounts(db);
await accounts.start();
test.after(() => accounts.close());

async function anApi(publicUrl = 'http://localhost:3000') {
  const api = createHttpServer({ log: pino({ level: process.env['TEST_LOG'] ?? 'silent' }) });
  await api.register(cookie);
  useSessions(api, accounts.resolveSession);
  refuseUncleanText(api);
  registerAccountRoutes(api, { db, accounts, cookie: sessionCookie(publicUrl) });
  await api.ready();
  return api;
}
const api = await anApi();

type Call = { token?: string; key?: string; address?: string };
const call = (method: 'GET' | 'POST' | 'DELETE', url: string, payload?: object, who: Call = {}) =>
  api.inject({
    method,
    url,
    ...(payload ? { payload } : {}),
    remoteAddress: who.address ?? '127.0.0.1',
    headers: { 'idempotency-key': who.key ?? randomUUID(), 'user-agent': 'Firefox/1 Linux' },
    cookies: who.token ? { [SESSION_COOKIE]: who.token } : {},
  });
type Reply = Awaited<ReturnType<typeof call>>;
const tokenOf = (reply: Reply) => reply.cookies.find((one) => one.name === SESSION_COOKIE)?.value;

let street = 0;
/** A house of one's own, so that tests do not share a limit. */
const address = () => `10.1.${Math.floor((street += 1) / 250)}.${street % 250}`;

async function signIn(email = anEmail()) {
  const from = address();
  assert.equal((await call('POST', '/api/sign-in/code', { email }, { address: from })).statusCode, 202);
  const key = randomUUID();
  const body = { email, code: (await mailedCode(db, email))! };
  const reply = await call('POST', '/api/sign-in/verify', body, { key, address: from });
  assert.equal(reply.statusCode, 200, reply.body);
  return { email, body, key, address: from, reply, token: tokenOf(reply)! };
}

test('a buyer signs in by mailed code, tells the CPF, sees the session, and signs out', async () => {
  const ana = await signIn();
  assert.equal(ana.reply.json().account.email, ana.email);
  const cpf = aCpf();
  const told = await call('POST', '/api/me/cpf', { cpf, name: '  Ana   Souza ' }, { token: ana.token });
  assert.equal(told.json().account.name, 'Ana Souza');
  assert.equal(told.json().account.maskedCpf, `***.${cpf.slice(3, 6)}.${cpf.slice(6, 9)}-**`);
  const list = (await call('GET', '/api/me/sessions', undefined, ana)).json();
  assert.deepEqual(
    list.map((one: { device: string; current: boolean }) => [one.device, one.current]),
    [['Firefox · Linux', true]],
  );
  assert.equal((await call('POST', '/api/sign-out', undefined, { token: ana.token })).statusCode, 200);
  assert.equal((await call('GET', '/api/me', undefined, { token: ana.token })).json().account, null);
  assert.equal((await call('GET', '/api/me/sessions', undefined, { token: ana.token })).statusCode, 401);
});

test('the cookie is httpOnly, lax, for the whole site and no other, and Secure only over https', async () => {
  const setCookie = String((await signIn()).reply.headers['set-cookie']);
  assert.match(setCookie, /HttpOnly/);
  assert.match(setCookie, /SameSite=Lax/);
  assert.match(setCookie, /Path=\//);
  assert.doesNotMatch(setCookie, /Domain|Secure/);
  const email = anEmail();
  await call('POST', '/api/sign-in/code', { email }, { address: address() });
  const https = await anApi('https://poltrona.example');
  const reply = await https.inject({
    method: 'POST',
    url: '/api/sign-in/verify',
    payload: { email, code: await mailedCode(db, email) },
    headers: { 'idempotency-key': randomUUID() },
  });
  assert.match(String(reply.headers['set-cookie']), /Secure/);
});

test('a replayed sign-in makes no second session: same body, same session, a new token, and the old one is dead', async () => {
  const ana = await signIn();
  const again = await call('POST', '/api/sign-in/verify', ana.body, ana);
  assert.equal(again.headers['idempotent-replayed'], 'true');
  assert.equal(again.body, ana.reply.body);
  const token = tokenOf(again)!;
  assert.notEqual(token, ana.token);
  assert.equal((await call('GET', '/api/me', undefined, { token })).json().account.email, ana.email);
  assert.equal((await call('GET', '/api/me', undefined, { token: ana.token })).json().account, null);
  assert.equal((await call('GET', '/api/me/sessions', undefined, { token })).json().length, 1);
});

test('after two minutes a replayed sign-in gives no session, and from another address or with another key never', async () => {
  const ana = await signIn();
  const elsewhere = await call('POST', '/api/sign-in/verify', ana.body, { ...ana, address: address() });
  assert.equal(elsewhere.json().code, 'code_expired');
  assert.equal((await call('POST', '/api/sign-in/verify', ana.body, { address: ana.address })).statusCode, 422);
  const wrong = await call('POST', '/api/sign-in/verify', { ...ana.body, code: '000000' }, ana);
  assert.equal(wrong.statusCode, 422);
  await db.rows(`update accounts.sessions set rotated_at = now() - interval '3 minutes'`);
  const late = await call('POST', '/api/sign-in/verify', ana.body, ana);
  assert.equal(late.statusCode, 200);
  assert.equal(tokenOf(late), undefined);
});

test('no stored answer holds a token, a code, a CPF or, kept for a visitor, an address', async () => {
  const ana = await signIn();
  const kept = JSON.stringify(await db.rows('select body, key from idempotency.answers'));
  assert.equal(kept.includes(ana.email), false);
  const cpf = aCpf();
  await call('POST', '/api/me/cpf', { cpf, name: 'Ana Souza' }, { token: ana.token });
  const rows = JSON.stringify(await db.rows('select body, status, key from idempotency.answers'));
  assert.equal(rows.includes(ana.token), false);
  assert.equal(rows.includes(cpf), false);
  assert.equal(rows.includes(`"${ana.body.code}"`), false);
});

test('signing in ends the session that the browser had before: a planted cookie is worth nothing', async () => {
  const planted = await signIn();
  const email = anEmail();
  await call('POST', '/api/sign-in/code', { email }, { address: address() });
  const body = { email, code: await mailedCode(db, email) };
  const reply = await call('POST', '/api/sign-in/verify', body, { token: planted.token, address: address() });
  assert.equal(reply.statusCode, 200);
  assert.notEqual(tokenOf(reply), planted.token);
  assert.equal((await call('GET', '/api/me', undefined, { token: planted.token })).json().account, null);
});

test('nobody learns who has an account: the answers for a known and an unknown address are the same', async () => {
  const known = (await signIn()).email;
  const unknown = anEmail();
  const shape = (reply: Reply) => [reply.statusCode, reply.body, Object.keys(reply.headers).sort()];
  const ask = (email: string) => call('POST', '/api/sign-in/code', { email }, { address: address() });
  assert.deepEqual(shape(await ask(known)), shape(await ask(unknown)));
  const guess = async (email: string) => {
    const right = await mailedCode(db, email);
    const code = right === '111111' ? '222222' : '111111';
    const reply = await call('POST', '/api/sign-in/verify', { email, code }, { address: address() });
    const { instance: _instance, ...body } = reply.json();
    return [reply.statusCode, body];
  };
  assert.deepEqual(await guess(known), await guess(unknown));
});

test('guessing stops: after a number of wrong codes the address is told to wait, whatever it sends', async () => {
  const from = address();
  const statuses: number[] = [];
  for (let index = 0; index < 65; index += 1) {
    const reply = await call('POST', '/api/sign-in/verify', { email: anEmail(), code: '123456' }, { address: from });
    statuses.push(reply.statusCode);
    if (reply.statusCode === 429) assert.ok(Number(reply.headers['retry-after']) > 0);
  }
  assert.deepEqual([...new Set(statuses)], [422, 429]);
  assert.equal(statuses.indexOf(429), 60);
});

test('five codes in a quarter of an hour for one address, whoever asks; the sixth is told to wait', async () => {
  const email = anEmail();
  const statuses = [];
  for (let index = 0; index < 6; index += 1) {
    statuses.push((await call('POST', '/api/sign-in/code', { email }, { address: address() })).statusCode);
  }
  assert.deepEqual(statuses, [202, 202, 202, 202, 202, 429]);
});

test('one of two devices is signed out from the other; a session of somebody else cannot be ended', async () => {
  const phone = await signIn();
  const laptop = await signIn(phone.email);
  const other = await signIn();
  const list = (await call('GET', '/api/me/sessions', undefined, { token: laptop.token })).json();
  const phoneSession = list.find((one: { current: boolean }) => !one.current).sessionId;
  const by = (token: string) => call('DELETE', `/api/me/sessions/${phoneSession}`, undefined, { token });
  assert.equal((await by(other.token)).statusCode, 404);
  assert.equal((await by(laptop.token)).statusCode, 200);
  assert.equal((await call('GET', '/api/me', undefined, { token: phone.token })).json().account, null);
  assert.notEqual((await call('GET', '/api/me', undefined, { token: laptop.token })).json().account, null);
});

test('a person gets everything kept about them, and erasing leaves no name, address or CPF in any table', async () => {
  const ana = await signIn();
  const cpf = aCpf();
  await call('POST', '/api/me/cpf', { cpf, name: 'Ana Apagada' }, { token: ana.token });
  const data = (await call('GET', '/api/me/data', undefined, { token: ana.token })).json();
  assert.equal(data.account.cpf, cpf);
  assert.equal(data.account.email, ana.email);
  assert.ok(data.sessions.length >= 1 && data.emails.length >= 1);
  assert.equal((await call('DELETE', '/api/me', undefined, { token: ana.token })).statusCode, 200);
  assert.equal((await call('GET', '/api/me', undefined, { token: ana.token })).json().account, null);
  for (const table of ['accounts.accounts', 'notifications.emails', 'accounts.sign_in_codes', 'idempotency.answers']) {
    const rows = JSON.stringify(await db.rows(`select * from ${table}`));
    assert.equal(rows.includes(ana.email) || rows.includes('Ana Apagada'), false, table);
  }
  // The person may come back, with the same CPF, as somebody new.
  const back = await signIn(ana.email);
  assert.equal((await call('POST', '/api/me/cpf', { cpf, name: 'Ana' }, { token: back.token })).statusCode, 200);
});

const naughty = `${ROOT}../shared/data/hostile/blns_a.json`;
const skip = existsSync(naughty) ? false : 'needs ../shared';

test('hostile strings in every text field are answered 2xx or 4xx, never 5xx', { skip }, async () => {
  const strings = [...(JSON.parse(readFileSync(naughty, 'utf8')) as string[]), 'a\0b', '\ud800', 'x'.repeat(5000)];
  const ana = await signIn();
  for (const text of strings) {
    await db.rows('delete from accounts.attempts');
    const calls = [
      call('POST', '/api/sign-in/code', { email: text }, { address: address() }),
      call('POST', '/api/sign-in/code', { email: `${text}@poltrona.example`, locale: text }, { address: address() }),
      call('POST', '/api/sign-in/verify', { email: text, code: text }, { address: address() }),
      call('POST', '/api/sign-in/verify', { email: anEmail(), code: text }, { address: address() }),
      call('POST', '/api/me/cpf', { cpf: text, name: text }, { token: ana.token }),
      call('GET', `/api/me/sessions`, undefined, { token: Buffer.from(text).toString('base64url') }),
    ];
    for (const reply of await Promise.all(calls))
      assert.ok(reply.statusCode < 500, `${JSON.stringify(text)} ${reply.body}`);
  }
  for (const text of strings.slice(0, 80)) {
    const bia = await signIn();
    const reply = await call('POST', '/api/me/cpf', { cpf: aCpf(), name: text }, { token: bia.token });
    assert.ok(reply.statusCode < 500, reply.body);
    if (reply.statusCode === 200) {
      const me = await call('GET', '/api/me', undefined, { token: bia.token });
      assert.equal(me.json().account.name, text.trim().replaceAll(/\s+/g, ' '));
    }
  }
});
