import assert from 'node:assert/strict';
import test from 'node:test';
import type { Verdict } from '#contracts/door';
import { ADMISSION_OUTCOMES } from '../../contracts.ts';
import { isJudged, LOOKS, nearDay, type Shown, undoable, wordsOf } from './verdict-look.ts';

const say = {
  time: (time: string) => time,
  day: (day: string, today: string) => `${nearDay(day, today)} ${day}`,
  kind: (kind: string) => kind,
  proof: (kind: string) => `proof:${kind}`,
};

function shown(said: Shown['said'], verdict: Partial<Verdict> = {}): Shown {
  return { said, verdict: { admissionId: null, kind: null, ...verdict } as Verdict, at: 0 };
}

test('green and amber are only for those who are let in', () => {
  for (const outcome of ADMISSION_OUTCOMES) {
    assert.equal(LOOKS[outcome].tone === 'stop', !outcome.startsWith('admitted'), outcome);
  }
  assert.equal(LOOKS.offline.tone, 'none');
});

test('a refusal that needs talking stays until somebody answers; a welcome leaves by itself', () => {
  assert.equal(LOOKS.already_admitted.shownMs, null);
  assert.ok(LOOKS.admitted.shownMs! <= 1500);
});

test('the seat is in the big line and a used ticket says when and where', () => {
  const green = wordsOf(shown('admitted', { seatLabel: 'F12', kind: 'full' }), say);
  assert.equal(green.big.values['seat'], 'F12');
  assert.equal(green.small, null);
  const red = wordsOf(shown('already_admitted', { admittedLocalTime: '19:42', admittedGate: 'portão 2' }), say);
  assert.equal(red.big.values['usedAt'], '19:42');
  assert.equal(red.big.values['gate'], 'portão 2');
});

test('half price names what to look at', () => {
  const amber = wordsOf(shown('admitted_check_proof', { kind: 'half_student', seatLabel: 'F12' }), say);
  assert.equal(amber.small?.values['proof'], 'proof:half_student');
});

test('a ticket of elsewhere says day and theater, one that is early says when the door opens', () => {
  const verdict = {
    localDate: '2026-12-01',
    localToday: '2026-11-30',
    localTime: '00:20',
    theaterName: 'Cine Igarapé',
  };
  const other = wordsOf(shown('wrong_screening', verdict), say);
  assert.equal(other.small?.values['day'], 'tomorrow 2026-12-01');
  assert.equal(other.small?.values['theater'], 'Cine Igarapé');
  const early = wordsOf(shown('too_early', { ...verdict, opensLocalDate: '2026-11-30', opensLocalTime: '23:20' }), say);
  assert.equal(early.small?.values['opens'], '23:20');
  assert.equal(early.small?.values['opensDay'], 'today 2026-11-30');
  assert.equal(nearDay('2026-11-29', '2026-11-30'), 'yesterday');
  assert.equal(nearDay('2026-12-02', '2026-11-30'), 'other');
});

test('a code that nobody judged stays in its field; a refusal empties it', () => {
  assert.equal(isJudged('offline'), false);
  assert.equal(isJudged('failed'), false);
  for (const outcome of ADMISSION_OUTCOMES) assert.equal(isJudged(outcome), true, outcome);
});

test('undo takes back the newest admission only, and never the same twice', () => {
  const first = shown('admitted', { admissionId: 'a1' });
  const second = shown('admitted_check_proof', { admissionId: 'a2' });
  assert.equal(undoable([shown('unreadable'), second, first]), second);
  assert.equal(undoable([{ ...second, undone: true }, first]), null);
  assert.equal(undoable([shown('already_admitted', { admissionId: 'a1' })]), null);
});
