import { ownText } from '#platform/own-copy';
import { createRecentMap } from '#platform/recent-map';

/** How much one buyer may hold; a race or a benchmark passes NO_HOLD_LIMITS. */
export type HoldLimits = {
  perAccountAMinute: number;
  /** Generous: a whole mobile network, or a cinema's own, may share one address. */
  perAddressAMinute: number;
  /** Orders of one account, over all screenings, that hold seats and are not paid. */
  unpaidOrders: number;
};

export const HOLD_LIMITS: HoldLimits = { perAccountAMinute: 60, perAddressAMinute: 600, unpaidOrders: 3 };
export const NO_HOLD_LIMITS: HoldLimits = {
  perAccountAMinute: Infinity,
  perAddressAMinute: Infinity,
  unpaidOrders: Infinity,
};

const ACCOUNTS_MAX = 100_000;

export type Wish = { accountId: string; screeningId: number; key: string };
/** A place among the account's unpaid orders, taken before the seats are: say what became of it. */
export type Place = { held(orderId: string, untilMs: number): void; giveBack(): void };
export type Hoarding = {
  /** From memory alone. Null when the account has its orders; a repeated key has its place already. */
  take(wish: Wish): Place | null;
  /** The same after asking what became of those orders: only who seems to hoard costs a query. */
  lookAgain(wish: Wish): Promise<Place | null>;
  /** Seconds until the first of the account's orders ends. */
  retryAfter(accountId: string): number;
};

/**
 * Who holds seats of many screenings without paying. In memory and per process, for the reasons in
 * capabilities/holds/README.md: a brake on hoarding, not an invariant. Beyond `accountsMax` who was not seen lately is forgotten.
 */
export function createHoarding(options: {
  max: number;
  nowMs: () => number;
  isUnpaid: (orderId: string) => Promise<boolean>;
  accountsMax?: number;
}): Hoarding {
  const { max, nowMs } = options;
  const accounts = createRecentMap<string, Entry>(options.accountsMax ?? ACCOUNTS_MAX);

  const began = nowMs();
  const ticksOf = (ms: number) => (ms - began) / TICK_MS;

  const alive = (accountId: string): Entry[] => {
    const now = ticksOf(nowMs());
    const entries: Entry[] = [];
    for (let entry = accounts.get(accountId) ?? null; entry; entry = entry.next)
      if (entry.until > now) entries.push(entry);
    return entries;
  };
  const put = (accountId: string, entries: readonly Entry[]) => {
    for (const [index, entry] of entries.entries()) entry.next = entries[index + 1] ?? null;
    if (entries.length === 0) accounts.delete(accountId);
    else accounts.set(accountId, entries[0]!);
  };

  const take = ({ accountId, screeningId, key }: Wish): Place | null => {
    if (max === Infinity) return NOWHERE;
    const name = ownText(`${screeningId} ${key}`);
    const entries = alive(accountId);
    if (entries.some((entry) => entry.name === name)) return NOWHERE;
    if (entries.length >= max) return null;
    const mine: Entry = { name, orderId: '', until: NOT_KNOWN_YET, next: null };
    put(accountId, [...entries, mine]);
    return {
      held: (orderId, untilMs) => {
        mine.orderId = orderId;
        mine.until = Math.ceil(ticksOf(untilMs));
      },
      giveBack: () =>
        put(
          accountId,
          alive(accountId).filter((entry) => entry !== mine),
        ),
    };
  };

  return {
    take,
    lookAgain: async (wish) => {
      const entries = alive(wish.accountId);
      const unpaid = await Promise.all(
        entries.map(async ({ orderId }) => orderId === '' || (await options.isUnpaid(orderId))),
      );
      const over = new Set(entries.filter((_, index) => !unpaid[index]));
      // Read again: others may have come while we asked.
      put(
        wish.accountId,
        alive(wish.accountId).filter((entry) => !over.has(entry)),
      );
      return take(wish);
    },
    retryAfter: (accountId) => {
      const first = Math.min(...alive(accountId).map((entry) => entry.until));
      return first < NOT_KNOWN_YET ? Math.max(1, Math.ceil(((first - ticksOf(nowMs())) * TICK_MS) / 1000)) : 1;
    },
  };
}

/**
 * One order of an account, and the next of the same: with an array for each of 40,000 accounts, and milliseconds since 1970,
 * which are an object of their own, a full collection had three objects more to walk to. `orderId` is '' until it is held;
 * `until` is in 10 ms since this process began.
 */
type Entry = { name: string; orderId: string; until: number; next: Entry | null };
const TICK_MS = 10;
/** After every end of a hold for 248 days; the largest number that V8 keeps without an object. */
const NOT_KNOWN_YET = 2 ** 31 - 1;
/** The place of who takes no seats. */
export const NOWHERE: Place = { held: () => {}, giveBack: () => {} };
