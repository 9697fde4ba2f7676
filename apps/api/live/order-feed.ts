import { readOrder } from '#capabilities/orders';
import { listen } from '#platform/listener';
import type { Log } from '#platform/log';
import type { Database } from '#platform/postgres';
import { event } from './seat-map.ts';
import type { Stream } from './streams.ts';

export type OrderFeed = {
  /** Sends the order now and whenever it changes, until the stream closes. */
  follow(order: { orderId: string; buyerId: string }, stream: Stream): Promise<void>;
  close(): Promise<void>;
};

/** Orders that somebody watches. Nothing is polled: the functions that move orders notify 'order_changes'. */
export async function createOrderFeed(options: { db: Database; log: Log }): Promise<OrderFeed> {
  const { db, log } = options;
  const followers = new Map<string, Set<{ buyerId: string; stream: Stream }>>();

  const tell = async (orderId: string) => {
    const watching = followers.get(orderId);
    if (!watching) return;
    try {
      const view = await readOrder(db, { orderId });
      if (!view) return;
      const frame = event('order', null, JSON.stringify(view));
      for (const { stream } of watching) {
        if (!stream.send(frame)) stream.ready(() => void tell(orderId));
      }
    } catch (error) {
      log.warn({ err: error, orderId }, 'order could not be shown');
    }
  };
  const listener = await listen({
    db,
    channel: 'order_changes',
    onMessage: (payload) => {
      for (const orderId of payload.split(',')) void tell(orderId);
    },
    // What was missed is unknown: everybody hears the present state.
    onUp: () => {
      for (const orderId of followers.keys()) void tell(orderId);
    },
    log,
  });

  return {
    follow: async ({ orderId, buyerId }, stream) => {
      const watching = followers.get(orderId) ?? new Set();
      followers.set(orderId, watching);
      const follower = { buyerId, stream };
      watching.add(follower);
      stream.onClose(() => {
        watching.delete(follower);
        if (watching.size === 0) followers.delete(orderId);
      });
      await tell(orderId);
    },
    close: () => listener.close(),
  };
}
