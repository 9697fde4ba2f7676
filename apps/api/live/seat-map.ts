import type { SeatRow, SeatRows } from '#capabilities/holds';
import { getSeat, packedLength, type SeatDelta, type SeatSnapshot, setSeat } from '#contracts/seat-states';
import type { Clock } from '#platform/clock';
import { type Remembered, rememberedVersion } from '#platform/remember';
import { createAudience, type SeatViewer } from './audience.ts';
import type { FanOut } from './fan-out.ts';

export type SeatMap = {
  version(): string;
  /** The snapshot as JSON, serialised once per version, which is its ETag. */
  remembered(): Remembered;
  /** The packed states of this version. */
  states(): Uint8Array;
  available(): number;
  apply(row: SeatRow): void;
  replace(rows: SeatRows): void;
  /** Sends the snapshot at once and deltas from then on; call the answer to stop. */
  watch(viewer: SeatViewer): () => void;
  watched(): boolean;
  /** Sends this to everybody who looks, and to who comes in the next seconds with what they read before it. */
  tell(frame: Buffer): void;
  close(): void;
};

/** At most five changes a second reach a page; the first goes out at once. */
export const DELTA_INTERVAL_MS = 200;
// After its time by this much, a hold is over on every clock involved.
const EXPIRY_MARGIN_MS = 20;
// Holds of a rush end one after the other: looking through the seats for each cost 7 % of a process.
const EXPIRY_INTERVAL_MS = 80;
/** A screening's page may have been read so long before its map is opened. */
const NEWS_FRESH_MS = 10_000;
const TIMER_MAX_MS = 2_147_000_000;
const [AVAILABLE, HELD, BLOCKED] = [0, 1, 3];

/**
 * The live states of one screening. What has come in is collected and shown in versions: a version never changes, so
 * that it can be an ETag and a link of the chain of deltas.
 */
export function createSeatMap(options: {
  screeningId: number;
  rows: SeatRows;
  clock: Clock;
  nextVersion: () => string;
  fanOut: FanOut;
}): SeatMap {
  const { screeningId, clock, nextVersion } = options;
  let { seatCount, quota } = options.rows;
  let clockAheadMs = 0;
  // A seat of the plan that has no ticket cannot be bought: blocked.
  let packed = Buffer.alloc(packedLength(seatCount), 0xff);
  let untils = new Float64Array(seatCount + 1);
  let inQuota = new Uint8Array(seatCount + 1);
  // Not a Set: each of 2,000 of them got a new table with every version, an eighth of what outlived a scavenge.
  let changed = new Uint8Array(seatCount + 1);
  let anyChanged = false;
  let [available, used] = [0, 0];
  let shown: Shown = { version: nextVersion(), states: packed.toString('base64'), available: 0, used: 0 };
  let kept: Remembered | null = null;
  let frame: Buffer | null = null;
  let shownAt = 0;
  let flushTimer: NodeJS.Timeout | undefined;
  /** A new version has been asked for or is being written to those who look. */
  let showing = false;
  let expiryTimer: NodeJS.Timeout | undefined;
  let expiryAt = Infinity;
  let closed = false;
  /** Something else than a seat changed: the next version has it. */
  let stale = false;
  let news: { frame: Buffer; at: number } | null = null;
  const databaseNow = () => clock.now().getTime() - clockAheadMs;

  const set = (no: number, state: number, quotaFlag: boolean, untilMs: number) => {
    if (no < 1 || no > seatCount) return;
    const live = state === HELD && untilMs <= databaseNow() ? AVAILABLE : state;
    const flag = quotaFlag && (live === HELD || live === 2) ? 1 : 0;
    untils[no] = live === HELD ? untilMs : 0;
    if (live === HELD) expireAt(untilMs);
    const before = getSeat(packed, no);
    if (before === live && inQuota[no] === flag) return;
    available += Number(live === AVAILABLE) - Number(before === AVAILABLE);
    used += flag - inQuota[no]!;
    setSeat(packed, no, live);
    inQuota[no] = flag;
    changed[no] = 1;
    anyChanged = true;
    schedule();
  };

  const expireAt = (untilMs: number) => {
    if (untilMs >= expiryAt || closed) return;
    expiryAt = untilMs;
    clearTimeout(expiryTimer);
    const delay = Math.max(EXPIRY_INTERVAL_MS, untilMs - databaseNow() + EXPIRY_MARGIN_MS);
    expiryTimer = setTimeout(expire, Math.min(delay, TIMER_MAX_MS));
    expiryTimer.unref();
  };
  const expire = () => {
    expiryAt = Infinity;
    const now = databaseNow();
    let next = Infinity;
    for (let no = 1; no <= seatCount; no += 1) {
      const until = untils[no]!;
      if (until === 0) continue;
      if (until <= now) set(no, AVAILABLE, false, 0);
      else if (until < next) next = until;
    }
    if (next < Infinity) expireAt(next);
  };

  const schedule = () => {
    // Nobody is told: the next version is made when somebody asks.
    if (flushTimer || showing || closed || audience.size() === 0) return;
    const wait = shownAt + DELTA_INTERVAL_MS - clock.now().getTime();
    // A notice brings many seats: they are all in before the timer runs.
    flushTimer = setTimeout(show, Math.max(0, Math.min(wait, DELTA_INTERVAL_MS)));
    flushTimer.unref();
  };
  const show = () => {
    flushTimer = undefined;
    showing = true;
    // The next version waits until everybody has this one: under too much load there are fewer, never a queue of them.
    audience.deliver(cut, () => {
      showing = false;
      if (anyChanged || stale) schedule();
    });
  };
  const advance = () => {
    shownAt = clock.now().getTime();
    shown = { version: nextVersion(), states: packed.toString('base64'), available, used };
    kept = frame = null;
    stale = false;
  };
  const forgetChanges = () => {
    changed.fill(0);
    anyChanged = false;
  };
  /** What is shown, not older than the interval; while somebody looks, versions come by themselves. */
  const current = (): Shown => {
    if (!(anyChanged || stale) || flushTimer || showing) return shown;
    if (clock.now().getTime() - shownAt < DELTA_INTERVAL_MS) return shown;
    advance();
    forgetChanges();
    return shown;
  };
  /** Makes the next version and gives the delta that leads to it. */
  const cut = (): Buffer => {
    const previous = shown.version;
    advance();
    const changes: SeatDelta['changes'] = [];
    for (let no = 1; no <= seatCount; no += 1) if (changed[no] === 1) changes.push([no, getSeat(packed, no)]);
    const delta: SeatDelta = {
      screeningId,
      previous,
      version: shown.version,
      changes,
      available: shown.available,
      halfPrice: { quota, used: shown.used },
    };
    forgetChanges();
    return event('delta', shown.version, JSON.stringify(delta));
  };
  const snapshot = () => {
    const now = current();
    return (kept ??= rememberedVersion(JSON.stringify(snapshotOf(screeningId, seatCount, quota, now)), now.version));
  };
  const snapshotFrame = () => {
    const text = snapshot().body;
    return (frame ??= event('snapshot', shown.version, text));
  };
  const isNews = () => news !== null && clock.now().getTime() - news.at <= NEWS_FRESH_MS;
  const audience = createAudience({
    fanOut: options.fanOut,
    welcome: () => (isNews() ? [snapshotFrame(), news!.frame] : [snapshotFrame()]),
  });

  const replace = (rows: SeatRows) => {
    clockAheadMs = clock.now().getTime() - rows.nowMs;
    if (rows.seatCount !== seatCount) {
      seatCount = rows.seatCount;
      packed = Buffer.alloc(packedLength(seatCount), 0xff);
      untils = new Float64Array(seatCount + 1);
      inQuota = new Uint8Array(seatCount + 1);
      // Whoever looks has another plan now: they are told of every seat.
      changed = new Uint8Array(seatCount + 1).fill(1);
      anyChanged = true;
      available = used = 0;
    }
    if (rows.quota !== quota) {
      quota = rows.quota;
      stale = true;
      schedule();
    }
    const registered = new Set(rows.seats.map((seat) => seat.no));
    for (let no = 1; no <= seatCount; no += 1) if (!registered.has(no)) set(no, BLOCKED, false, 0);
    for (const seat of rows.seats) set(seat.no, seat.state, seat.inQuota, seat.heldUntilMs);
  };

  replace(options.rows);
  forgetChanges();
  stale = false;
  shown = { ...shown, states: packed.toString('base64'), available, used };

  return {
    version: () => current().version,
    remembered: snapshot,
    states: () => Buffer.from(current().states, 'base64'),
    available: () => current().available,
    apply: (row) => set(row.no, row.state, row.inQuota, row.heldUntilMs),
    replace,
    watch: (viewer) => {
      audience.join(viewer);
      if (anyChanged || stale) schedule();
      return () => audience.leave(viewer);
    },
    watched: () => audience.size() > 0,
    tell: (told) => {
      news = { frame: told, at: clock.now().getTime() };
      audience.deliver(() => told);
    },
    close: () => {
      closed = true;
      clearTimeout(flushTimer);
      clearTimeout(expiryTimer);
      audience.close();
    },
  };
}

/** `states` in base64: as text it is one object, as bytes three and memory outside of the heap. */
type Shown = { version: string; states: string; available: number; used: number };

function snapshotOf(screeningId: number, seatCount: number, quota: number, shown: Shown): SeatSnapshot {
  return {
    screeningId,
    version: shown.version,
    seatCount,
    states: shown.states,
    available: shown.available,
    halfPrice: { quota, used: shown.used },
  };
}

/** One server-sent event, framed once for all who get it. */
export function event(name: string, id: string | null, data: string): Buffer {
  return Buffer.from(`${id === null ? '' : `id: ${id}\n`}event: ${name}\ndata: ${data}\n\n`);
}
