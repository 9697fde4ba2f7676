import { effect, type Signal, signal, untracked } from '@angular/core';
import type { SaleNotice, SeatDelta, SeatSnapshot } from '#contracts/seat-states';
import { type LiveEvents, openLiveEvents } from '../api/live-events.ts';
import { createSeatFeed, type SeatFeed } from './seat-feed.ts';

const SILENT_MS = 8_000; // A first snapshot that does not come by stream in this time is fetched.

/**
 * The live state of one screening as signals: stream first, a fetched snapshot wherever the stream failed us (a proxy
 * that buffers, a gap, a phone that slept). Call in an injection context.
 */
export function followSeats(
  screeningId: Signal<number>,
  fetchSnapshot: (id: number) => Promise<SeatSnapshot>,
  saleChanged: (saleState: SaleNotice['saleState']) => void,
) {
  const states = signal<Uint8Array | null>(null);
  const available = signal(0);
  const halfPrice = signal({ quota: 0, used: 0 });
  const connected = signal(true);
  const error = signal<unknown>(undefined);
  const trueAt = signal<number | null>(null);
  let stream: LiveEvents | undefined;
  let feed: SeatFeed | undefined;
  let silence: ReturnType<typeof setTimeout> | undefined;

  async function refresh(): Promise<void> {
    const asked = feed;
    try {
      const snapshot = await fetchSnapshot(screeningId());
      if (asked === feed) feed?.snapshot(snapshot);
      error.set(undefined);
      trueAt.set(Date.now());
    } catch (reason) {
      error.set(reason);
    }
  }

  function close(): void {
    clearTimeout(silence);
    stream?.close();
    stream = undefined;
  }

  function begin(id: number): void {
    close();
    states.set(null);
    feed = createSeatFeed({
      changed: (state) => {
        states.set(state.states);
        available.set(state.available);
        halfPrice.set(state.halfPrice);
        trueAt.set(Date.now());
        error.set(undefined);
      },
      askSnapshot: () => void refresh(),
    });
    stream = openLiveEvents(`/api/screenings/${id}/live`, {
      events: {
        snapshot: (data) => feed?.snapshot(data as SeatSnapshot),
        delta: (data) => feed?.delta(data as SeatDelta),
        sale: (data) => saleChanged((data as SaleNotice).saleState),
      },
      opened: () => connected.set(true),
      lost: () => connected.set(false),
    });
    silence = setTimeout(() => {
      if (states() === null) void refresh();
    }, SILENT_MS);
    // Both at once: whichever comes first draws the map.
    void refresh();
  }

  effect(() => {
    const id = screeningId();
    if (Number.isInteger(id) && id > 0) untracked(() => begin(id));
  });

  return { states, available, halfPrice, connected, error, trueAt, refresh, close };
}
