import { computed, DestroyRef, effect, inject, signal, type Signal, untracked } from '@angular/core';

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
 * never overtake each other. Call in an injection context.
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

  async function run(wish: W): Promise<void> {
    running?.abort();
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
    }
    loading.set(false);
  }

  effect(() => {
    turn();
    const wish = wanted();
    if (wish === undefined) return;
    untracked(() => void run(wish));
  });
  inject(DestroyRef).onDestroy(() => running?.abort());

  return {
    value,
    error,
    loading,
    loadedAt,
    stale: computed(() => value() !== undefined && error() !== undefined),
    reload: () => turn.update((count) => count + 1),
    put: (newer: T) => value.set(newer),
  };
}
