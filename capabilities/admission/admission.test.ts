import assert from 'node:assert/strict';
import { test } from 'node:test';
import { admit, ADMISSION_RULES, doorPack, doorScreenings, type Scan, undoAdmission } from './index.ts';
import {
  newTicketSigningKey,
  parseCode,
  readTicketKeys,
  revokeTickets,
  signToken,
  verifyToken,
} from '#capabilities/tickets';
import { ADMISSION_OUTCOMES } from '#contracts/outcomes';
import { newId } from '#platform/ids';
import { aScreening, aTheater } from '#testing/builders';
import { testDatabase } from '#testing/database';
import { soldTickets, testKeys } from '#testing/sold-tickets';

const db = await testDatabase();
const deps = { keys: testKeys, rules: ADMISSION_RULES };
const usher = newId();
const inMinutes = (minutes: number) => new Date(Date.now() + minutes * 60_000);

type Shown = { screeningId: number; token?: string; code?: string; nonce?: string; gate?: string };
const asScan = (shown: Shown): Scan => ({ gate: 'Portão 1', nonce: newId(), usher, ...shown });

async function scan(shown: Shown) {
  const answer = await db.transaction((tx) => admit(deps, tx, asScan(shown)));
  assert.ok(answer.outcome === 'decided', answer.outcome);
  return answer.verdict;
}
const undo = (admissionId: string) =>
  db.transaction((tx) => undoAdmission({ rules: ADMISSION_RULES }, tx, { admissionId, usher }));

test('a ticket is admitted once; the second gate is told when and where', async () => {
  const screening = await aScreening(db, { startsAt: inMinutes(30) });
  const { tickets } = await soldTickets(db, screening, [{ seatNo: 12 }, { seatNo: 13 }]);
  const token = tickets[0]!.token;
  const first = await scan({ ...screening, token, gate: 'Portão 2' });
  assert.partialDeepStrictEqual(first, {
    outcome: 'admitted',
    seatLabel: 'B2',
    kind: 'full',
    movieTitle: 'Limite',
    counts: { sold: 2, admitted: 1 },
  });
  const second = await scan({ ...screening, token });
  assert.partialDeepStrictEqual(second, {
    outcome: 'already_admitted',
    admissionId: null,
    admittedGate: 'Portão 2',
    counts: { sold: 2, admitted: 1 },
  });
  assert.match(second.admittedLocalTime!, /^\d\d:\d\d$/);
});

test('a code typed by hand admits like the QR, with slips of O, I and L', async () => {
  const screening = await aScreening(db, { startsAt: inMinutes(30) });
  const { tickets } = await soldTickets(db, screening, [{ seatNo: 1 }]);
  const typed = tickets[0]!.code.toLowerCase().replaceAll('0', 'O').replaceAll('1', 'l').replace('-', ' ');
  assert.equal((await scan({ ...screening, code: typed })).outcome, 'admitted');
});

test('half price is admitted with a look at the proof, courtesy is not asked for one', async () => {
  const screening = await aScreening(db, { startsAt: inMinutes(30) });
  const { tickets } = await soldTickets(db, screening, [
    { seatNo: 1, kind: 'half_student' },
    { seatNo: 2, kind: 'half_senior' },
    { seatNo: 3, kind: 'courtesy' },
  ]);
  const outcomes = [];
  for (const { token } of tickets) outcomes.push((await scan({ ...screening, token })).outcome);
  assert.deepEqual(outcomes, ['admitted_check_proof', 'admitted_check_proof', 'admitted']);
});

test('a ticket of another screening is refused and says which one it is for, by QR and by code', async () => {
  const here = await aScreening(db, { startsAt: inMinutes(30) });
  const there = await aScreening(db, { startsAt: inMinutes(45) });
  const { tickets } = await soldTickets(db, there, [{ seatNo: 1 }]);
  for (const shown of [{ token: tickets[0]!.token }, { code: tickets[0]!.code }]) {
    const verdict = await scan({ ...here, ...shown });
    assert.equal(verdict.outcome, 'wrong_screening');
    assert.equal(verdict.startsAt, there.startsAt.toISOString());
    assert.equal(verdict.localTime, tickets[0]!.localTime);
    assert.equal(verdict.localDate, tickets[0]!.localDate);
    assert.match(verdict.localToday!, /^\d{4}-\d\d-\d\d$/);
    assert.ok(verdict.theaterName);
    assert.equal(verdict.opensAt, null, 'nobody waits for a door that is not theirs');
  }
  assert.equal((await scan({ ...there, token: tickets[0]!.token })).outcome, 'admitted');
});

test('doors open 60 minutes before the start and close with the end, by today’s programme', async () => {
  const early = await aScreening(db, { startsAt: inMinutes(62) });
  const [ticket] = (await soldTickets(db, early, [{ seatNo: 1 }])).tickets;
  const refused = await scan({ ...early, token: ticket!.token });
  assert.equal(refused.outcome, 'too_early');
  const opens = new Date(early.startsAt.getTime() - 60 * 60_000);
  assert.equal(refused.opensAt, opens.toISOString());
  const asText = { timeZone: 'America/Recife', hour: '2-digit', minute: '2-digit' } as const;
  assert.equal(refused.opensLocalTime, new Intl.DateTimeFormat('pt-BR', asText).format(opens));
  const over = await aScreening(db, { startsAt: inMinutes(-122) });
  const [late] = (await soldTickets(db, over, [{ seatNo: 1 }])).tickets;
  assert.equal((await scan({ ...over, token: late!.token })).outcome, 'too_late');
  await db.rows(
    `update screenings.screenings set starts_at = starts_at + interval '1 hour', ends_at = ends_at + interval '1 hour'
     where screening_id = $1`,
    [over.screeningId],
  );
  assert.equal((await scan({ ...over, token: late!.token })).outcome, 'admitted');
});

test('a refunded ticket is refused, and so is its QR after the seat was sold again; the new one enters', async () => {
  const screening = await aScreening(db, { startsAt: inMinutes(30) });
  const old = await soldTickets(db, screening, [{ seatNo: 1 }]);
  await db.transaction((tx) => revokeTickets(tx, { ...old, reason: 'refunded' }));
  assert.equal((await scan({ ...screening, token: old.tickets[0]!.token })).outcome, 'revoked');
  const next = await soldTickets(db, screening, [{ seatNo: 1 }]);
  assert.equal((await scan({ ...screening, token: old.tickets[0]!.token })).outcome, 'revoked');
  assert.equal((await scan({ ...screening, token: next.tickets[0]!.token })).outcome, 'admitted');
});

test('forged, foreign and random texts are unreadable, and a code that no ticket has is unknown', async () => {
  const screening = await aScreening(db, { startsAt: inMinutes(30) });
  const [ticket] = (await soldTickets(db, screening, [{ seatNo: 1 }])).tickets;
  const claims = verifyToken(testKeys, ticket!.token)!;
  const foreign = signToken(readTicketKeys({ signingKey: newTicketSigningKey() }), claims);
  const forged = `${ticket!.token.slice(0, -1)}${ticket!.token.endsWith('0') ? '1' : '0'}`;
  for (const token of [foreign, forged, '', 'https://example.org', '\u0000', '💺'.repeat(40)]) {
    assert.equal((await scan({ ...screening, token })).outcome, 'unreadable', token);
  }
  assert.equal((await scan({ ...screening, code: 'not a code' })).outcome, 'unreadable');
  assert.equal((await scan({ ...screening })).outcome, 'unreadable');
  const code = (claims.code + 1) % 2 ** 50;
  assert.equal((await scan({ ...screening, token: signToken(testKeys, { ...claims, code }) })).outcome, 'unknown');
  const other = signToken(testKeys, { ...claims, generation: 2 });
  assert.equal((await scan({ ...screening, token: other })).outcome, 'unknown');
  assert.equal((await scan({ ...screening, token: ticket!.token })).outcome, 'admitted');
});

test('the same nonce gives the same verdict and writes nothing; with another ticket it is refused', async () => {
  const screening = await aScreening(db, { startsAt: inMinutes(30) });
  const { tickets } = await soldTickets(db, screening, [{ seatNo: 1 }, { seatNo: 2 }]);
  const shown = { ...screening, token: tickets[0]!.token, nonce: newId() };
  const first = await scan(shown);
  assert.deepEqual(await scan(shown), first);
  const reused = asScan({ ...shown, token: tickets[1]!.token });
  assert.deepEqual(await db.transaction((tx) => admit(deps, tx, reused)), { outcome: 'nonce_reused' });
  const facts = await db.rows(
    `select from outbox.messages where topic = 'ticket_admitted' and payload ->> 'screeningId' = $1`,
    [String(screening.screeningId)],
  );
  assert.equal(facts.length, 1);
  const scans = await db.rows('select from admission.admissions where screening_id = $1', [screening.screeningId]);
  assert.equal(scans.length, 1);
});

test('undo lets the ticket in again, twice is once, and after 15 minutes it is refused', async () => {
  const screening = await aScreening(db, { startsAt: inMinutes(30) });
  const [ticket] = (await soldTickets(db, screening, [{ seatNo: 1 }])).tickets;
  const first = await scan({ ...screening, token: ticket!.token });
  assert.equal(await undo(first.admissionId!), 'undone');
  assert.equal(await undo(first.admissionId!), 'undone');
  const again = await scan({ ...screening, token: ticket!.token });
  assert.partialDeepStrictEqual(again, { outcome: 'admitted', counts: { sold: 1, admitted: 1 } });
  await db.rows(`update admission.admissions set scanned_at = now() - interval '16 minutes' where admission_id = $1`, [
    again.admissionId,
  ]);
  assert.equal(await undo(again.admissionId!), 'undo_too_late');
  assert.equal((await scan({ ...screening, token: ticket!.token })).outcome, 'already_admitted');
  assert.equal(await undo(newId()), 'admission_unknown');
  const refused = await db.rows<{ id: string }>(
    `select admission_id as id from admission.admissions where screening_id = $1 and outcome = 'already_admitted'`,
    [screening.screeningId],
  );
  assert.equal(await undo(refused[0]!.id), 'not_admitted');
});

test('every scan is on record with gate, usher and outcome, refused ones too', async () => {
  const screening = await aScreening(db, { startsAt: inMinutes(30) });
  const [ticket] = (await soldTickets(db, screening, [{ seatNo: 1 }])).tickets;
  await scan({ ...screening, token: 'nonsense' });
  await scan({ ...screening, token: ticket!.token });
  const rows = await db.rows(
    'select outcome, code, gate, usher from admission.admissions where screening_id = $1 order by admission_id',
    [screening.screeningId],
  );
  assert.deepEqual(rows, [
    { outcome: 'unreadable', code: null, gate: 'Portão 1', usher },
    { outcome: 'admitted', code: parseCode(ticket!.code), gate: 'Portão 1', usher },
  ]);
});

test('an unknown screening is refused and nothing is recorded', async () => {
  const answer = await db.transaction((tx) => admit(deps, tx, asScan({ screeningId: 2_000_000_000, code: 'x' })));
  assert.deepEqual(answer, { outcome: 'screening_unknown' });
});

test('the database, the contract and the verdicts name the same outcomes', async () => {
  const row = await db.row<{ rule: string }>(
    `select pg_get_constraintdef(oid) as rule from pg_constraint where conname = 'admissions_outcome_check'`,
  );
  const named = [...row!.rule.matchAll(/'([a-z_]+)'/g)].map((match) => match[1]);
  assert.deepEqual(named, [...ADMISSION_OUTCOMES]);
});

test('the door lists the cinema day of one theater with sold and inside', async () => {
  const theaterId = await aTheater(db);
  const screening = await aScreening(db, { theaterId, startsAt: inMinutes(30) });
  await aScreening(db, { startsAt: inMinutes(30) });
  const { tickets } = await soldTickets(db, screening, [{ seatNo: 1 }, { seatNo: 2 }]);
  await scan({ ...screening, token: tickets[0]!.token });
  const day = (await db.row<{ day: string }>(
    'select cinema_day as day from screenings.screenings where screening_id = $1',
    [screening.screeningId],
  ))!.day;
  const listed = await doorScreenings(db, { theaterId, day });
  assert.partialDeepStrictEqual(listed, [{ screeningId: screening.screeningId, sold: 2, admitted: 1 }]);
  assert.equal(listed.length, 1);
});

test('the pack for a gate without network has keys, tickets and revocations, and no code and no person', async () => {
  const screening = await aScreening(db, { startsAt: inMinutes(30) });
  const sold = await soldTickets(db, screening, [{ seatNo: 1 }, { seatNo: 2, kind: 'half_student' }]);
  await scan({ ...screening, token: sold.tickets[0]!.token });
  const pack = (await doorPack({ db, ...deps }, screening.screeningId))!;
  assert.partialDeepStrictEqual(pack.tickets, [
    { seatNo: 1, generation: 1, kind: 'full', admitted: true },
    { seatNo: 2, seatLabel: 'A2', kind: 'half_student', admitted: false },
  ]);
  const text = JSON.stringify(pack);
  for (const ticket of sold.tickets) assert.ok(!text.includes(String(parseCode(ticket.code))));
  assert.ok(!text.includes(sold.buyerId) && !text.includes(sold.orderId));
  assert.equal(await doorPack({ db, ...deps }, 2_000_000_000), null);
});
