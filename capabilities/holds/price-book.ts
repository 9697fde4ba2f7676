import type { HoldWriter } from './hold-writer.ts';
import { createRecentMap } from '#platform/recent-map';
import { sql } from '#platform/sql';

/** What the seats of one screening cost: cents at full price, and those that differ from it. */
export type Prices = { feeBasisPoints: number; priceCents: number; exceptions: ReadonlyMap<number, number> };

/**
 * Prices as last read. They are what a hold proposes; hold_seats compares them with the tables and claims nothing at
 * another price, so an old page of this book costs a careful look and a fresh read, never a wrong price.
 */
export type PriceBook = {
  /** From memory; undefined when nobody has asked yet. */
  known(screeningId: number): Prices | undefined;
  /** Null for a screening that does not exist. Many who ask at once share one query. */
  read(screeningId: number): Promise<Prices | null>;
  forget(screeningId: number): void;
};

const SCREENINGS_MAX = 20_000;

export function createPriceBook(call: HoldWriter['call'], screeningsMax = SCREENINGS_MAX): PriceBook {
  const pages = createRecentMap<number, Prices>(screeningsMax);
  const reading = new Map<number, Promise<Prices | null>>();

  const read = async (screeningId: number): Promise<Prices | null> => {
    const [row] = await call<{ points: number; price: number; nos: number[] | null; prices: number[] | null }>(READ, [
      screeningId,
    ]);
    const page = row
      ? {
          feeBasisPoints: row.points,
          priceCents: row.price,
          exceptions: new Map((row.nos ?? []).map((no, index) => [no, row.prices![index]!])),
        }
      : null;
    // A screening that does not exist is not remembered: it may be made, and anybody can make up numbers.
    if (page) pages.set(screeningId, page);
    return page;
  };

  return {
    known: (screeningId) => pages.get(screeningId),
    read: (screeningId) => {
      const running = reading.get(screeningId);
      if (running) return running;
      const started = read(screeningId).finally(() => reading.delete(screeningId));
      reading.set(screeningId, started);
      return started;
    },
    forget: (screeningId) => pages.delete(screeningId),
  };
}

const READ = {
  name: 'read_prices',
  text: sql`
    select s.fee_basis_points as points, s.price_cents as price, e.nos, e.prices
      from screenings.screenings s
      left join lateral (
        select array_agg(t.seat_no) as nos, array_agg(t.price_cents) as prices from holds.tickets t
         where t.screening_id = s.screening_id and t.price_cents <> s.price_cents) as e on true
     where s.screening_id = $1`,
};
