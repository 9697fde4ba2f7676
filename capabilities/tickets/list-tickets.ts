import type { TicketKind } from '#contracts/ticket-kinds';
import type { TicketView } from '#contracts/tickets';
import type { Queryable } from '#platform/postgres';
import { shardOf } from '#platform/ids';
import { sql } from '#platform/sql';
import { formatCode } from './ticket-code.ts';
import type { TicketKeys } from './ticket-keys.ts';
import { qrSvg } from './ticket-qr.ts';
import { signToken } from './ticket-token.ts';

/** What is printed on a ticket, in the order of the seats. */
export type PrintedTicket = Omit<TicketView, 'qrSvg'> & { timeZone: string; endsAt: string; issuedAt: string };

export const TICKETS_LISTED_MAX = 200;
/** A gate without network takes a token until this long after the show's planned end. */
const TOKEN_GRACE_SECONDS = 12 * 3600;

/** Whose: an order's (of `holder`, when given), or all of an account's. */
export type TicketChoice = { orderId: string; holder?: string } | { accountId: string };

/** Tickets with their QR; next ones first, then the past, newest first. At most 200. */
export async function listTickets(
  deps: { db: Queryable; keys: TicketKeys },
  choice: TicketChoice,
): Promise<TicketView[]> {
  return (await printedTickets(deps, choice)).map((printed) => {
    const { timeZone: _zone, endsAt: _end, issuedAt: _issued, ...view } = printed;
    return { ...view, qrSvg: qrSvg(view.token) };
  });
}

export async function printedTickets(
  deps: { db: Queryable; keys: TicketKeys },
  choice: TicketChoice,
): Promise<PrintedTicket[]> {
  const rows =
    'accountId' in choice
      ? await deps.db.rows<TicketRow>(OF_ACCOUNT, [choice.accountId, TICKETS_LISTED_MAX])
      : await ofOrder(deps.db, choice);
  return rows.map(({ seatNo, generation, ...row }) => ({
    ...row,
    code: formatCode(row.code),
    startsAt: row.startsAt.toISOString(),
    endsAt: row.endsAt.toISOString(),
    issuedAt: row.issuedAt.toISOString(),
    admittedAt: row.admittedAt?.toISOString() ?? null,
    token: signToken(deps.keys, {
      code: row.code,
      screeningId: row.screeningId,
      seatNo,
      generation,
      validUntil: Math.floor(row.endsAt.getTime() / 1000) + TOKEN_GRACE_SECONDS,
    }),
  }));
}

async function ofOrder(db: Queryable, choice: { orderId: string; holder?: string }): Promise<TicketRow[]> {
  const screeningId = shardOf(choice.orderId);
  if (screeningId === null) return [];
  return db.rows<TicketRow>(OF_ORDER, [screeningId, choice.orderId, choice.holder ?? null]);
}

type TicketRow = {
  code: number;
  screeningId: number;
  orderId: string;
  seatNo: number;
  generation: number;
  seatLabel: string;
  row: string;
  auditoriumName: string;
  theaterName: string;
  theaterAddress: string | null;
  city: string;
  movieTitle: string;
  rating: string | null;
  posterUrl: string | null;
  startsAt: Date;
  endsAt: Date;
  issuedAt: Date;
  localDate: string;
  localTime: string;
  timeZone: string;
  language: string;
  format: string;
  kind: TicketKind;
  priceCents: number;
  feeCents: number;
  state: 'valid' | 'revoked' | 'used';
  admittedAt: Date | null;
};

const OF_ORDER = sql`
  select screening_id as "screeningId", order_id as "orderId", code, seat_no as "seatNo", generation,
    seat_label as "seatLabel", seat_row as "row", auditorium_name as "auditoriumName", theater_name as "theaterName",
    theater_address as "theaterAddress", city, movie_title as "movieTitle", rating, poster_url as "posterUrl",
    starts_at as "startsAt", ends_at as "endsAt", issued_at as "issuedAt", local_date as "localDate",
    local_time as "localTime", time_zone as "timeZone", language, format, kind, price_cents as "priceCents",
    fee_cents as "feeCents", state, admitted_at as "admittedAt"
  from tickets.printed
  where screening_id = $1 and order_id = $2 and ($3::uuid is null or holder = $3)
  order by state = 'revoked', seat_no`;
const OF_ACCOUNT = sql`
  select screening_id as "screeningId", order_id as "orderId", code, seat_no as "seatNo", generation,
    seat_label as "seatLabel", seat_row as "row", auditorium_name as "auditoriumName", theater_name as "theaterName",
    theater_address as "theaterAddress", city, movie_title as "movieTitle", rating, poster_url as "posterUrl",
    starts_at as "startsAt", ends_at as "endsAt", issued_at as "issuedAt", local_date as "localDate",
    local_time as "localTime", time_zone as "timeZone", language, format, kind, price_cents as "priceCents",
    fee_cents as "feeCents", state, admitted_at as "admittedAt"
  from tickets.printed
  where holder = $1
  order by
    ends_at < statement_timestamp(),
    case when ends_at >= statement_timestamp() then starts_at end,
    starts_at desc, screening_id, order_id, seat_no
  limit $2`;
