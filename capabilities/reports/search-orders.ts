import Papa from 'papaparse';
import type { ADMIN_ORDER_SORTS, AdminOrder, AdminOrderList } from '#contracts/admin';
import type { OrderState } from '#contracts/outcomes';
import { shardOf } from '#platform/ids';
import type { Queryable } from '#platform/postgres';
import { sql } from '#platform/sql';

export type OrderSearch = {
  /** An order's id, an e-mail address or its beginning up to and beyond the @, or words of a movie's title. */
  q?: string | undefined;
  state?: OrderState | undefined;
  sort?: (typeof ADMIN_ORDER_SORTS)[number] | undefined;
};

export const ORDERS_PAGE = 50;
export const ORDERS_COUNTED_MAX = 10_000;
export const ORDERS_EXPORTED_MAX = 20_000;
const MOVIES_MAX = 200;
const BUYERS_MAX = 50;

/** Without `q`: the last 30 days. `total` is counted up to 10,000. */
export async function searchOrders(db: Queryable, search: OrderSearch & { page: number }): Promise<AdminOrderList> {
  const filter = await filterOf(db, search);
  const orders = await findOrders(db, search, filter, ORDERS_PAGE, (search.page - 1) * ORDERS_PAGE);
  const counted = await db.row<{ total: number }>(COUNT, [...filter, ORDERS_COUNTED_MAX]);
  return { orders, total: counted!.total, page: search.page, pageSize: ORDERS_PAGE };
}

/** The first 20,000 as CSV for a spreadsheet: UTF-8 with its mark, semicolons, no cell that starts a formula. */
export async function exportOrders(db: Queryable, search: OrderSearch): Promise<string> {
  const orders = await findOrders(db, search, await filterOf(db, search), ORDERS_EXPORTED_MAX, 0);
  const text = Papa.unparse(
    { fields: [...COLUMNS], data: orders },
    // What spreadsheets take for a formula, also behind white space.
    { delimiter: ';', newline: '\r\n', escapeFormulae: /^[\s\p{Cc}]*[=+\-@＝＋－＠]/u },
  );
  return `\ufeff${text}\r\n`;
}

const COLUMNS = [
  'orderId',
  'screeningId',
  'state',
  'movieTitle',
  'theaterName',
  'startsAt',
  'email',
  'seatCount',
  'totalCents',
  'createdAt',
] as const satisfies (keyof AdminOrder)[];

type Filter = [
  screeningId: number | null,
  orderId: string | null,
  buyers: string[] | null,
  movies: number[] | null,
  state: OrderState | null,
  days: number | null,
];

async function filterOf(db: Queryable, search: OrderSearch): Promise<Filter> {
  const q = search.q?.trim() ?? '';
  const state = search.state ?? null;
  if (q === '') return [null, null, null, null, state, 30];
  const screeningId = shardOf(q.toLowerCase());
  if (screeningId !== null) {
    return [screeningId, q.toLowerCase(), null, null, state, null];
  }
  if (q.includes('@')) {
    const found = await db.rows<{ id: string }>(BUYERS, [likeText(q.toLowerCase()), BUYERS_MAX]);
    return [null, null, found.map((row) => row.id), null, state, null];
  }
  const found = await db.rows<{ id: number }>(MOVIES, [likeText(q), MOVIES_MAX]);
  return [null, null, null, found.map((row) => row.id), state, null];
}

async function findOrders(db: Queryable, search: OrderSearch, filter: Filter, limit: number, offset: number) {
  const sort = search.sort ?? '-created';
  const rows = await db.rows<Omit<AdminOrder, 'startsAt' | 'createdAt'> & { startsAt: Date; createdAt: Date }>(FIND, [
    ...filter,
    sort.replace('-', ''),
    sort.startsWith('-') ? -1 : 1,
    limit,
    offset,
  ]);
  return rows.map((row) => ({
    ...row,
    startsAt: row.startsAt.toISOString(),
    createdAt: row.createdAt.toISOString(),
  }));
}

/** Text to be found literally by LIKE. */
function likeText(text: string): string {
  return text.replace(/[\\%_]/g, (character) => `\\${character}`);
}

const BUYERS = sql`
  select account_id as id from accounts.accounts where email like $1 || '%' order by email limit $2`;
const MOVIES = sql`
  select movie_id as id from catalog.movies
  where catalog.fold(title) like '%' || catalog.fold($1) || '%'
     or catalog.fold(original_title) like '%' || catalog.fold($1) || '%'
  limit $2`;

// The state that people see: an order whose time is over has expired, whether or not the worker wrote it down.
const FIND = sql`
  select "order".order_id as "orderId", "order".screening_id as "screeningId", shown.state,
    movie.title as "movieTitle", theater.name as "theaterName", screening.starts_at as "startsAt",
    coalesce(buyer.email, '') as email, "order".seat_count as "seatCount", "order".total_cents as "totalCents",
    "order".created_at as "createdAt"
  from orders.orders as "order"
  join screenings.screenings as screening on screening.screening_id = "order".screening_id
  join catalog.movies as movie on movie.movie_id = screening.movie_id
  join catalog.theaters as theater on theater.theater_id = screening.theater_id
  left join accounts.accounts as buyer on buyer.account_id = "order".buyer_id
  cross join lateral (
    select case when "order".state in ('held', 'awaiting_payment')
        and "order".held_until + case when "order".state = 'held' then interval '0' else interval '60 seconds' end
          <= statement_timestamp()
      then 'expired' else "order".state::text end as state
  ) as shown
  where ($1::integer is null or ("order".screening_id = $1 and "order".order_id = $2::uuid))
    and ($3::uuid[] is null or "order".buyer_id = any ($3))
    and ($4::integer[] is null or screening.movie_id = any ($4))
    and ($5::text is null or shown.state = $5)
    and ($6::integer is null or "order".created_at > statement_timestamp() - make_interval(days => $6))
  order by $8::integer * case $7
      when 'created' then extract(epoch from "order".created_at)
      when 'starts' then extract(epoch from screening.starts_at)
      else "order".total_cents
    end, "order".order_id desc
  limit $9 offset $10`;
const COUNT = sql`
  select count(*) as total from (
    select from orders.orders as "order"
    join screenings.screenings as screening on screening.screening_id = "order".screening_id
    cross join lateral (
      select case when "order".state in ('held', 'awaiting_payment')
          and "order".held_until + case when "order".state = 'held' then interval '0' else interval '60 seconds' end
            <= statement_timestamp()
        then 'expired' else "order".state::text end as state
    ) as shown
    where ($1::integer is null or ("order".screening_id = $1 and "order".order_id = $2::uuid))
      and ($3::uuid[] is null or "order".buyer_id = any ($3))
      and ($4::integer[] is null or screening.movie_id = any ($4))
      and ($5::text is null or shown.state = $5)
      and ($6::integer is null or "order".created_at > statement_timestamp() - make_interval(days => $6))
    limit $7
  ) as found`;
