import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import cookie from '@fastify/cookie';
import { Secret, TOTP } from 'otpauth';
import pino from 'pino';
import { createStaff } from '#capabilities/accounts';
import { createHttpServer } from '#platform/http-server';
import { anEmail, mailedCode, testAccounts, testKeys } from '#testing/people';
import { testDatabase } from '#testing/database';
import { atLeast, SESSION_COOKIE, useSessions } from '../session.ts';
import { sessionCookie } from '../sign-in-answer.ts';
import { registerAccountRoutes } from './accounts.ts';
import { registerStaffRoutes } from './staff.ts';

const db = await testDatabase();
let nowMs = 1_800_000_000_000;
const clock = { now: () => new Date(nowMs) };
const accounts = testAccounts(db, { clock });
const twin = testAccounts(db, { clock }); // Another process.

async function anApi(people: typeof accounts) {
  const api = createHttpServer({ log: pino({ level: process.env['TEST_LOG'] ?? 'silent' }) });
  await api.register(cookie);
  useSessions(api, people.resolveSession);
  const deps = { db, accounts: people, cookie: sessionCookie('http://localhost:3000') };
  registerAccountRoutes(api, deps);
  registerStaffRoutes(api, deps);
  api.get('/manager-only', { onRequest: atLeast('manager') }, async () => ({ welcome: true }));
  await api.ready();
  return api;
}
const api = await anApi(accounts);
const twinApi = await anApi(twin);

const PASSWORD = 'uma senha bem comprida';
const aSecret = () => new Secret({ size: 20 }).base32;
const totp = (secret: string, atMs = nowMs) =>
  new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: atMs });

const post = (url: string, payload: object, who: { token?: string; key?: string } = {}, at = api) =>
  at.inject({
    method: 'POST',
    url,
    payload,
    headers: { 'idempotency-key': who.key ?? randomUUID() },
    cookies: who.token ? { [SESSION_COOKIE]: who.token } : {},
  });
type Reply = Awaited<ReturnType<typeof post>>;
const tokenOf = (reply: Reply) => reply.cookies.find((one) => one.name === SESSION_COOKIE)!.value;
const isIn = async (token: string) =>
  (await api.inject({ url: '/manager-only', cookies: { [SESSION_COOKIE]: token } })).statusCode === 200;
const forgetAttempts = () => db.rows('delete from accounts.attempts');

async function aManager(totpSecret?: string) {
  await forgetAttempts();
  const email = anEmail();
  const facts = { email, name: 'Gerente', role: 'manager' as const, password: PASSWORD };
  const { accountId } = await createStaff(db, facts, totpSecret ? { keys: testKeys(), totpSecret } : undefined);
  return { email, accountId };
}
const withPassword = async (email: string) => {
  const reply = await post('/api/staff/sign-in', { email, password: PASSWORD });
  assert.equal(reply.statusCode, 200, reply.body);
  return { reply, token: tokenOf(reply) };
};

test('password and then the six digits open a staff session; the password alone opens nothing', async () => {
  const secret = aSecret();
  const { email } = await aManager(secret);
  const first = await withPassword(email);
  assert.deepEqual(first.reply.json(), { step: 'totp' });
  assert.equal(await isIn(first.token), false);
  const second = await post('/api/staff/second-factor', { code: totp(secret) }, first);
  assert.equal(second.json().account.role, 'manager');
  assert.notEqual(tokenOf(second), first.token);
  assert.equal(await isIn(tokenOf(second)), true);
  assert.equal(await isIn(first.token), false);
});

test('enrolment counts only after a code of the new secret was shown, and the secret is not shown again after it', async () => {
  const { email } = await aManager();
  const first = await withPassword(email);
  assert.equal(first.reply.json().step, 'enrol');
  assert.match(first.reply.json().qrSvg, /^<svg/);
  const secret = new URL(first.reply.json().otpauthUrl).searchParams.get('secret')!;
  // Signing in again before confirming still asks to enrol, with the secret that may have been scanned already.
  const again = await withPassword(email);
  assert.equal(new URL(again.reply.json().otpauthUrl).searchParams.get('secret'), secret);
  const wrong = await post('/api/staff/second-factor', { code: totp(aSecret()) }, again);
  assert.equal(wrong.json().code, 'code_wrong');
  assert.equal(await isIn(again.token), false);
  const done = await post('/api/staff/second-factor', { code: totp(secret) }, again);
  assert.equal(await isIn(tokenOf(done)), true);
  const later = await withPassword(email);
  assert.deepEqual(later.reply.json(), { step: 'totp' });
  const stored = JSON.stringify(await db.rows('select * from idempotency.answers'));
  assert.equal(stored.includes(secret), false);
});

test('a code works once, in any process: again is refused, the one before it too, the next one passes', async () => {
  const secret = aSecret();
  const { email } = await aManager(secret);
  const code = totp(secret);
  assert.equal((await post('/api/staff/second-factor', { code }, await withPassword(email))).statusCode, 200);
  const refused = await post('/api/staff/second-factor', { code }, await withPassword(email), twinApi);
  assert.equal(refused.json().code, 'code_wrong');
  const older = await post(
    '/api/staff/second-factor',
    { code: totp(secret, nowMs - 30_000) },
    await withPassword(email),
  );
  assert.equal(older.json().code, 'code_wrong');
  nowMs += 30_000;
  const next = await post('/api/staff/second-factor', { code: totp(secret) }, await withPassword(email));
  assert.equal(next.statusCode, 200);
});

test('control: with the memory of used steps taken away, the same code passes twice', async () => {
  const secret = aSecret();
  const { email } = await aManager(secret);
  for (let index = 0; index < 2; index += 1) {
    await db.rows('update accounts.staff_credentials set totp_last_step = null');
    const passed = await post('/api/staff/second-factor', { code: totp(secret) }, await withPassword(email));
    assert.equal(passed.statusCode, 200);
  }
});

test('one code shown to two processes at once opens one session', async () => {
  const secret = aSecret();
  const { email } = await aManager(secret);
  const [here, there] = [await withPassword(email), await withPassword(email)];
  const code = totp(secret);
  const replies = await Promise.all([
    post('/api/staff/second-factor', { code }, here),
    post('/api/staff/second-factor', { code }, there, twinApi),
  ]);
  assert.deepEqual(
    replies.map((reply) => reply.statusCode).sort((a, b) => a - b),
    [200, 422],
  );
});

test('a replayed sign-in gives the same step and the same half-open session, never a second one', async () => {
  const { email, accountId } = await aManager();
  const key = randomUUID();
  const first = await post('/api/staff/sign-in', { email, password: PASSWORD }, { key });
  const again = await post('/api/staff/sign-in', { email, password: PASSWORD }, { key });
  assert.equal(again.body, first.body);
  assert.equal(again.headers['idempotent-replayed'], 'true');
  const rows = await db.rows('select 1 from accounts.sessions where account_id = $1', [accountId]);
  assert.equal(rows.length, 1);
  const secret = new URL(first.json().otpauthUrl).searchParams.get('secret')!;
  const done = await post('/api/staff/second-factor', { code: totp(secret) }, { token: tokenOf(again) });
  assert.equal(done.statusCode, 200);
});

test('passwords cannot be tried without end, and an unknown address is refused in the same words at the same count', async () => {
  const { email } = await aManager(aSecret());
  const tryOut = async (address: string) => {
    await forgetAttempts();
    const answers = [];
    for (let index = 0; index < 8; index += 1) {
      const reply = await post('/api/staff/sign-in', { email: address, password: `errada ${index}` });
      answers.push([reply.statusCode, reply.json().code]);
    }
    return answers;
  };
  const known = await tryOut(email);
  assert.deepEqual(known[5], [401, 'password_wrong']);
  assert.deepEqual(known[6], [429, 'too_many_attempts']);
  // The right password does not help either while the door is shut.
  assert.equal((await post('/api/staff/sign-in', { email, password: PASSWORD })).statusCode, 429);
  assert.deepEqual(await tryOut(anEmail()), known);
});

test('the six digits cannot be tried without end, also not by signing in with the password anew', async () => {
  const secret = aSecret();
  const { email } = await aManager(secret);
  const right = totp(secret);
  const wrong = String((Number(right) + 1) % 1_000_000).padStart(6, '0');
  const statuses = [];
  for (let index = 0; index < 7; index += 1) {
    statuses.push((await post('/api/staff/second-factor', { code: wrong }, await withPassword(email))).statusCode);
  }
  assert.deepEqual(statuses, [422, 422, 422, 422, 422, 422, 429]);
  const shut = await post('/api/staff/second-factor', { code: right }, await withPassword(email));
  assert.equal(shut.statusCode, 429);
});

test('a manager who signs in by e-mail code is a buyer in that session', async () => {
  const { email } = await aManager(aSecret());
  await post('/api/sign-in/code', { email });
  const reply = await post('/api/sign-in/verify', { email, code: await mailedCode(db, email) });
  assert.equal(reply.json().account.role, 'buyer');
  assert.equal(await isIn(tokenOf(reply)), false);
});

test('a half-open session dies after ten minutes, and a buyer has no password to sign in with', async () => {
  const secret = aSecret();
  const { email, accountId } = await aManager(secret);
  const first = await withPassword(email);
  await db.rows(`update accounts.sessions set expires_at = now() where account_id = $1`, [accountId]);
  const late = await post('/api/staff/second-factor', { code: totp(secret) }, first);
  assert.deepEqual([late.statusCode, late.json().code], [401, 'sign_in_expired']);
});

test('making the same member of staff again changes nothing; a new role or password ends the open sessions', async () => {
  const secret = aSecret();
  const { email, accountId } = await aManager(secret);
  const first = await withPassword(email);
  const token = tokenOf(await post('/api/staff/second-factor', { code: totp(secret) }, first));
  const facts = { email, name: 'Gerente', role: 'manager' as const, password: PASSWORD, totpSecret: secret };
  assert.deepEqual(await createStaff(db, facts), { accountId, created: false });
  accounts.forgetSessions(accountId);
  assert.equal(await isIn(token), true);
  await createStaff(db, { ...facts, role: 'usher' });
  accounts.forgetSessions(accountId);
  assert.equal(await isIn(token), false);
  await assert.rejects(createStaff(db, { ...facts, password: 'curta' }), /password_too_short/);
});
