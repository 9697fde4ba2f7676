import { computed, signal } from '@angular/core';
import type { Verdict } from '#contracts/door';
import { ApiProblem } from '../../api/api-problem.ts';
import type { Api } from '../../api/api.ts';
import { randomKey } from '../../api/intentions.ts';
import { type Scanned, understand } from './scan-input.ts';
import { LOOKS, type Said, type Shown, type Tone, undoable } from './verdict-look.ts';

const ANSWER_WITHIN_MS = 5_000; // A queue waits: after this the usher is told that there is no network.
const HISTORY_MAX = 40; // Far enough back that refusals do not push the admission out that 'undo' means.

export type Past = Shown & { id: number; undone?: boolean };

/** One gate at one screening: asks about scans one at a time, remembers the last ones, undoes the newest. */
export function createGate(deps: {
  api: Pick<Api, 'get' | 'post'>;
  screeningId: number;
  gate: () => string;
  signal: (tone: Tone) => void;
}) {
  const shown = signal<Past | null>(null);
  const history = signal<readonly Past[]>([]);
  const counts = signal<{ sold: number; admitted: number } | null>(null);
  const online = signal(navigator.onLine);
  const asking = signal(false);
  let scans = 0;
  let hideTimer: ReturnType<typeof setTimeout> | undefined;

  /** What was said; null when nothing was asked. */
  async function scan(text: string): Promise<Said | null> {
    const scanned = understand(text);
    if (!scanned || asking()) return null;
    asking.set(true);
    try {
      const answer = await ask(scanned);
      show(answer);
      return answer.said;
    } finally {
      asking.set(false);
    }
  }

  async function ask(scanned: Scanned): Promise<Shown> {
    const at = Date.now();
    try {
      const verdict = await deps.api.post<Verdict>(
        '/api/door/admissions',
        // The nonce makes a repeated send of this scan the same scan: it cannot turn into 'already used'.
        { screeningId: deps.screeningId, ...scanned, gate: deps.gate(), nonce: randomKey() },
        { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) },
      );
      online.set(true);
      counts.set(verdict.counts);
      return { said: verdict.outcome, verdict, at };
    } catch (error) {
      const unreachable = error instanceof ApiProblem && error.status === 0;
      if (unreachable) online.set(false);
      return { said: unreachable ? 'offline' : saidOf(error), verdict: null, at };
    }
  }

  function show(next: Shown): void {
    clearTimeout(hideTimer);
    const past = { ...next, id: (scans += 1) };
    shown.set(past);
    history.update((list) => [past, ...list].slice(0, HISTORY_MAX));
    const look = LOOKS[next.said];
    deps.signal(look.tone);
    if (look.shownMs !== null) hideTimer = setTimeout(() => shown.set(null), look.shownMs);
  }

  return {
    shown: shown.asReadonly(),
    history: history.asReadonly(),
    counts: counts.asReadonly(),
    online: online.asReadonly(),
    asking: asking.asReadonly(),
    undoable: computed(() => undoable(history())),
    scan,
    dismiss(): void {
      clearTimeout(hideTimer);
      shown.set(null);
    },
    networkIs(up: boolean): void {
      online.set(up);
    },
    async refreshCounts(): Promise<void> {
      try {
        counts.set(
          await deps.api.get<{ sold: number; admitted: number }>(`/api/door/screenings/${deps.screeningId}/counts`),
        );
        online.set(true);
      } catch (error) {
        if (error instanceof ApiProblem && error.status === 0) online.set(false);
      }
    },
    /** Takes the newest admission back: the ticket can enter again. */
    async undo(): Promise<void> {
      const last = undoable(history());
      if (!last) return;
      const answer = await deps.api.post<Partial<Verdict>>(`/api/door/admissions/${last.verdict?.admissionId}/undo`);
      if (answer?.counts) counts.set(answer.counts);
      history.update((list) => list.map((past) => (past === last ? { ...past, undone: true } : past)));
      clearTimeout(hideTimer);
      shown.set(null);
    },
  };
}

export type Gate = ReturnType<typeof createGate>;

/** A body that the server cannot even read is a QR of somebody else. */
function saidOf(error: unknown): Said {
  return error instanceof ApiProblem && (error.status === 400 || error.status === 422) ? 'unreadable' : 'failed';
}
