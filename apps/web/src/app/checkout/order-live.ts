import { computed, DestroyRef, effect, inject, type Signal, signal, untracked } from '@angular/core';
import type { OrderView } from '#contracts/orders';
import { Api } from '../api/api.ts';
import { type LiveEvents, openLiveEvents } from '../api/live-events.ts';

const POLL_MS = 5_000; // Where streams do not get through, so that "pago!" still comes by itself.

/** One order as it moves: fetched, then streamed, then asked again whenever the stream is silent. */
export function orderLive(orderId: Signal<string>) {
  const api = inject(Api);
  const order = signal<OrderView | undefined>(undefined);
  const error = signal<unknown>(undefined);
  const skew = signal(0);
  let stream: LiveEvents | undefined;
  let streaming = false;

  function take(view: OrderView): void {
    skew.set(Date.parse(view.serverTime) - Date.now());
    order.set(view);
    error.set(undefined);
  }

  async function refresh(): Promise<void> {
    try {
      take(await api.get<OrderView>(`/api/orders/${encodeURIComponent(orderId())}`));
    } catch (reason) {
      error.set(reason);
    }
  }

  effect(() => {
    const id = orderId();
    untracked(() => {
      stream?.close();
      order.set(undefined);
      error.set(undefined);
      void refresh();
      stream = openLiveEvents(`/api/orders/${encodeURIComponent(id)}/live`, {
        events: { order: (data) => take(data as OrderView) },
        opened: () => (streaming = true),
        lost: () => (streaming = false),
      });
    });
  });
  const poll = setInterval(() => {
    const state = order()?.state;
    if (!streaming && (state === 'held' || state === 'awaiting_payment')) void refresh();
  }, POLL_MS);
  inject(DestroyRef).onDestroy(() => {
    clearInterval(poll);
    stream?.close();
  });

  return {
    order: order.asReadonly(),
    error: error.asReadonly(),
    skew: skew.asReadonly(),
    refresh,
    take,
    payable: computed(() => order()?.state === 'held' || order()?.state === 'awaiting_payment'),
  };
}
