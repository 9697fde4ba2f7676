import type { Verdict } from '#contracts/door';
import type { AdmissionOutcome } from '#contracts/outcomes';
import type { IconName } from '../../ui/index.ts';

/** `offline` is ours: the question never reached the server, so nobody was admitted. */
export type Said = AdmissionOutcome | 'offline' | 'failed';
export type Tone = 'go' | 'check' | 'stop' | 'none';

type Look = {
  tone: Tone;
  sign: IconName /** How long it covers the camera; null until somebody answers. */;
  shownMs: number | null;
};

/** Green and amber let in, red never does, grey says that nothing was judged. */
export const LOOKS: Record<Said, Look> = {
  admitted: { tone: 'go', sign: 'check', shownMs: 1_200 },
  admitted_check_proof: { tone: 'check', sign: 'card', shownMs: 4_000 },
  already_admitted: { tone: 'stop', sign: 'close', shownMs: null },
  wrong_screening: { tone: 'stop', sign: 'pin', shownMs: null },
  revoked: { tone: 'stop', sign: 'close', shownMs: null },
  unknown: { tone: 'stop', sign: 'search', shownMs: null },
  unreadable: { tone: 'stop', sign: 'alert', shownMs: 2_500 },
  too_early: { tone: 'stop', sign: 'clock', shownMs: null },
  too_late: { tone: 'stop', sign: 'clock', shownMs: null },
  offline: { tone: 'none', sign: 'offline', shownMs: null },
  failed: { tone: 'none', sign: 'alert', shownMs: null },
};

/** False: nobody decided about the ticket, so it is to be shown again. */
export function isJudged(said: Said): boolean {
  return LOOKS[said].tone !== 'none';
}

export type Shown = { said: Said; verdict: Verdict | null; at: number };

export type Sentence = { key: string; values: Record<string, string> };

/** Which words say it: the big line, and the line under it (null when the big one says all). */
export function wordsOf(
  shown: Shown,
  say: {
    time: (localTime: string) => string;
    day: (localDate: string, today: string) => string;
    kind: (kind: string) => string;
    proof: (kind: string) => string;
  },
): {
  big: Sentence;
  small: Sentence | null;
} {
  const { said, verdict } = shown;
  const values = {
    seat: verdict?.seatLabel ?? '',
    kind: verdict?.kind ? say.kind(verdict.kind) : '',
    proof: verdict?.kind ? say.proof(verdict.kind) : '',
    movie: verdict?.movieTitle ?? '',
    auditorium: verdict?.auditoriumName ?? '',
    time: verdict?.localTime ? say.time(verdict.localTime) : '',
    day: verdict?.localDate ? say.day(verdict.localDate, verdict.localToday ?? '') : '',
    theater: verdict?.theaterName ?? '',
    opens: verdict?.opensLocalTime ? say.time(verdict.opensLocalTime) : '',
    opensDay: verdict?.opensLocalDate ? say.day(verdict.opensLocalDate, verdict.localToday ?? '') : '',
    usedAt: verdict?.admittedLocalTime?.slice(0, 5) ?? '',
    gate: verdict?.admittedGate ?? '',
  };
  const big = { key: `big.${said}`, values };
  if (said === 'admitted' && verdict?.kind && verdict.kind !== 'full')
    return { big, small: { key: 'small.kind', values } };
  if (said === 'admitted') return { big, small: null };
  return { big, small: { key: `small.${said}`, values } };
}

/** How far a day of the theater is from its today: 'today', 'tomorrow', 'yesterday' or 'other'. */
export function nearDay(localDate: string, today: string): 'today' | 'tomorrow' | 'yesterday' | 'other' {
  const days = Math.round((Date.parse(`${localDate}T12:00:00Z`) - Date.parse(`${today}T12:00:00Z`)) / 86_400_000);
  return days === 0 ? 'today' : days === 1 ? 'tomorrow' : days === -1 ? 'yesterday' : 'other';
}

/** The admission that 'undo' takes back: the newest that let somebody in and was not taken back already. */
export function undoable(history: readonly (Shown & { undone?: boolean })[]): Shown | null {
  const last = history.find((shown) => shown.said === 'admitted' || shown.said === 'admitted_check_proof');
  return last && !last.undone && last.verdict?.admissionId ? last : null;
}
