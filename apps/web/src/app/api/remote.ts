import { computed, DestroyRef, effect, inject, signal, type Signal, untracked } from '@angular/core';
import { isOffline } from './api-problem.ts';

const AGAIN_MS = 5_000; // The device believes it has a network and yet nothing came: ask again by ourselves.

/** Something that is fetched: the last good value stays while a newer one is on its way or could not be had. */
export type Remote<T> = {
  readonly value: Signal<T | undefined>;
  readonly error: Signal<unknown>;
  readonly loading: Signal<boolean>;
  /** Milliseconds since the epoch when `value` was true. */
  readonly loadedAt: Signal<number | null>;
  /** Whether there is a value, but a later attempt failed. */
  readonly stale: Signal<boolean>;
  reload(): void;
  put(value: T): void;
};

/**
 * Fetches whenever what `wanted` returns changes (undefined: not yet). A newer wish aborts the older one, so answers
 * never overtake each other. What the missing network kept away is asked for again when the network returns. Call in
 * an injection context.
 */
export function remote<W, T>(
  wanted: () => W | undefined,
  fetchIt: (wish: W, signal: AbortSignal) => Promise<T>,
): Remote<T> {
  const value = signal<T | undefined>(undefined);
  const error = signal<unknown>(undefined);
  const loading = signal(true);
  const loadedAt = signal<number | null>(null);
  const turn = signal(0);
  let running: AbortController | undefined;
  let again: ReturnType<typeof setTimeout> | undefined;
  const reload = () => turn.update((count) => count + 1);

  async function run(wish: W): Promise<void> {
    running?.abort();
    clearTimeout(again);
    const mine = new AbortController();
    running = mine;
    loading.set(true);
    try {
      const answer = await fetchIt(wish, mine.signal);
      if (mine.signal.aborted) return;
      value.set(answer);
      error.set(undefined);
      loadedAt.set(Date.now());
    } catch (reason) {
      if (mine.signal.aborted) return;
      error.set(reason);
      // Spread over as much again, so that ten thousand pages do not come back in the same instant.
      if (isOffline(reason) && navigator.onLine) again = setTimeout(reload, AGAIN_MS * (1 + Math.random()));
    }
    loading.set(false);
  }

  effect(() => {
    turn();
    const wish = wanted();
    if (wish === undefined) return;
    untracked(() => void run(wish));
  });
  const wake = () => untracked(() => isOffline(error()) && reload());
  addEventListener('online', wake);
  inject(DestroyRef).onDestroy(() => {
    removeEventListener('online', wake);
    clearTimeout(again);
    running?.abort();
  });

  return {
    value,
    error,
    loading,
    loadedAt,
    stale: computed(() => value() !== undefined && error() !== undefined),
    reload,
    put: (newer: T) => value.set(newer),
  };
}
