import type { FanOut } from './fan-out.ts';

/** Somebody who looks at the map. `send` gets whole server-sent events, the same buffer for everybody. */
export type SeatViewer = {
  /** False when the viewer is too slow to take it: it gets a fresh snapshot when `ready` says so. */
  send(frame: Buffer): boolean;
  /** Calls back once when a viewer that refused can take frames again. */
  ready(again: () => void): void;
};

export type Audience = {
  /** Sends the welcome at once, and from then on what is delivered. */
  join(viewer: SeatViewer): void;
  leave(viewer: SeatViewer): void;
  size(): number;
  /**
   * Writes one frame to all who are here when its turn comes. The frame is made only then, so that it says the newest;
   * null for nothing to say. Deliveries of one audience never overlap: everybody gets them in order.
   */
  deliver(frame: () => Buffer | null, done?: () => void): void;
  close(): void;
};

/** Those who look at one screening. `welcome` is what a newcomer needs before the next delivery makes sense. */
export function createAudience(options: { fanOut: FanOut; welcome: () => readonly Buffer[] }): Audience {
  const { fanOut, welcome } = options;
  // By viewer, the delivery that was under way or last when it came: its welcome contains what that one said.
  const viewers = new Map<SeatViewer, number>();
  const lagging = new Set<SeatViewer>();
  let delivery = 0;
  let closed = false;

  const join = (viewer: SeatViewer) => {
    if (closed) return;
    if (welcome().every((frame) => viewer.send(frame))) viewers.set(viewer, delivery);
    else lag(viewer);
  };
  // Out of the chain until it has caught up; then it begins anew with a snapshot.
  const lag = (viewer: SeatViewer) => {
    viewers.delete(viewer);
    lagging.add(viewer);
    viewer.ready(() => {
      if (lagging.delete(viewer)) join(viewer);
    });
  };

  return {
    join,
    leave: (viewer) => {
      viewers.delete(viewer);
      lagging.delete(viewer);
    },
    size: () => viewers.size + lagging.size,
    deliver: (make, done) => {
      let frame: Buffer | null = null;
      let targets: SeatViewer[] | null = null;
      let next = 0;
      const step = (max: number): boolean => {
        if (closed) return false;
        if (!targets) {
          frame = make();
          delivery += 1;
          targets = frame ? [...viewers.keys()] : [];
        }
        const end = Math.min(next + max, targets.length);
        for (; next < end; next += 1) {
          const viewer = targets[next]!;
          const came = viewers.get(viewer);
          if (came !== undefined && came < delivery && !viewer.send(frame!)) lag(viewer);
        }
        if (next < targets.length) return true;
        done?.();
        return false;
      };
      fanOut.add({ step });
    },
    close: () => {
      closed = true;
      viewers.clear();
      lagging.clear();
    },
  };
}
