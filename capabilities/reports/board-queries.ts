import { sql } from '#platform/sql';

export const TODAY = sql`
  select day, day - 7 as "weekBefore"
  from (select coalesce($1::date, (statement_timestamp() at time zone 'America/Sao_Paulo')::date) as day) as asked`;

// A local day begins and ends at different instants at different theaters. The index takes every instant that can be
// that day anywhere on earth (50 hours), the time zone then decides.

export const MONEY = sql`
  with span as (
    select $1::date as day, ($1::date - interval '14 hours') at time zone 'UTC' as begins,
      ($1::date + interval '36 hours') at time zone 'UTC' as ends
  ),
  sold as (
    select count(*) as tickets, count(distinct issued.order_id) as orders,
      coalesce(sum(issued.price_cents + issued.fee_cents), 0) as gross, coalesce(sum(issued.fee_cents), 0) as fee
    from span
    join tickets.issued on issued.issued_at >= span.begins and issued.issued_at < span.ends
      and (issued.issued_at at time zone issued.time_zone)::date = span.day
  ),
  given_back as (
    select coalesce(sum(refund.amount_cents), 0) as cents
    from span
    join payments.refunds as refund on refund.state = 'succeeded'
      and refund.updated_at >= span.begins and refund.updated_at < span.ends
    join screenings.screenings as screening on screening.screening_id = refund.screening_id
    join catalog.theaters as theater on theater.theater_id = screening.theater_id
      and (refund.updated_at at time zone theater.time_zone)::date = span.day
  ),
  inside as (
    select count(*) as people
    from span
    join admission.admissions as scan on scan.scanned_at >= span.begins and scan.scanned_at < span.ends
      and scan.outcome in ('admitted', 'admitted_check_proof') and scan.undone_at is null
    join tickets.issued as ticket on ticket.screening_id = scan.screening_id and ticket.code = scan.code
      and (scan.scanned_at at time zone ticket.time_zone)::date = span.day
  )
  select sold.gross::float8 as "grossCents", sold.fee::float8 as "feeCents", sold.tickets as "ticketsSold",
    sold.orders as "ordersPaid", given_back.cents::float8 as "refundedCents", inside.people as admitted
  from sold, given_back, inside`;

export const SALES_PER_HOUR = sql`
  select extract(hour from issued_at at time zone time_zone)::integer as hour, count(*) as sold
  from tickets.issued
  where issued_at >= ($1::date - interval '14 hours') at time zone 'UTC'
    and issued_at < ($1::date + interval '36 hours') at time zone 'UTC'
    and (issued_at at time zone time_zone)::date = $1::date
  group by hour`;

export const BOARD_SCREENINGS = sql`
  with shown as (
    select screening.screening_id, screening.starts_at, screening.status, movie.title, theater.name as theater,
      auditorium.name as auditorium, to_char(screening.starts_at at time zone theater.time_zone, 'HH24:MI') as time
    from screenings.screenings as screening
    join catalog.movies as movie on movie.movie_id = screening.movie_id
    join catalog.theaters as theater on theater.theater_id = screening.theater_id
    join catalog.auditoriums as auditorium on auditorium.auditorium_id = screening.auditorium_id
    where screening.cinema_day = $1::date
    order by theater.name, auditorium.name, screening.starts_at
    limit $2
  )
  select shown.screening_id as "screeningId", shown.title as "movieTitle", shown.theater as "theaterName",
    shown.auditorium as "auditoriumName", shown.time as "localTime", shown.status,
    seats.total as "seatCount", seats.sold, seats.held
  from shown
  cross join lateral (
    select count(*) as total, count(*) filter (where state = 'sold') as sold,
      count(*) filter (where state = 'held' and held_until > statement_timestamp()) as held
    from holds.all_tickets as tickets where tickets.screening_id = shown.screening_id
  ) as seats
  order by shown.theater, shown.auditorium, shown.starts_at`;

// Each names what it is about; the sentences are the web app's, by code. At most ten of a kind.
export const ALERTS = sql`
  (select 'nearly_sold_out' as code, statement_timestamp() as at,
     movie.title || ', ' || to_char(screening.starts_at at time zone theater.time_zone, 'HH24:MI') || ', '
       || theater.name as subject
   from screenings.screenings as screening
   join catalog.movies as movie on movie.movie_id = screening.movie_id
   join catalog.theaters as theater on theater.theater_id = screening.theater_id
   cross join lateral (
     select count(*) as total, count(*) filter (where state = 'sold') as sold
     from holds.tickets where tickets.screening_id = screening.screening_id
   ) as seats
   where screening.cinema_day = $1::date and screening.status = 'on_sale'
     and screening.starts_at > statement_timestamp()
     and seats.sold < seats.total and seats.sold >= 0.9 * seats.total
   order by screening.starts_at limit 10)
  union all
  (select 'payments_unknown', min(updated_at), count(*)::text
   from payments.attempts
   where state = 'unknown' and updated_at < statement_timestamp() - interval '10 minutes'
   having count(*) > 0)
  union all
  -- Money that is still owed: the bank refused it, and it is the last refund of its payment.
  (select 'refund_failed', refund.updated_at, refund.order_id::text
   from payments.refunds as refund
   where refund.state in ('failed', 'cancelled')
     and refund.updated_at > statement_timestamp() - interval '30 days'
     and not exists (
       select from payments.refunds as later
       where later.screening_id = refund.screening_id and later.attempt_id = refund.attempt_id
         and later.created_at > refund.created_at)
   order by refund.updated_at desc limit 10)
  union all
  -- Made in the provider's own pages: the order kept its seats, a person decides about them.
  (select 'refund_seen_at_provider', refund.created_at, refund.order_id::text
   from payments.refunds as refund
   join orders.orders as "order" on "order".screening_id = refund.screening_id
     and "order".order_id = refund.order_id and "order".state = 'paid'
   where refund.reason = 'external' and refund.state not in ('failed', 'cancelled')
     and refund.created_at > statement_timestamp() - interval '7 days'
   order by refund.created_at desc limit 10)
  union all
  (select 'messages_waiting', min(occurred_at), count(*)::text
   from outbox.messages
   where published_at is null and occurred_at < statement_timestamp() - interval '5 minutes'
   having count(*) > 0)
  union all
  (select 'emails_failed', max(created_at), count(*)::text
   from notifications.emails
   where state = 'failed' and created_at > statement_timestamp() - interval '1 day'
   having count(*) > 0)
  union all
  (select 'import_with_errors', finished_at, file_name
   from imports.runs
   where status in ('done_with_errors', 'refused') and not dry_run
     and finished_at > statement_timestamp() - interval '1 day'
   order by finished_at desc limit 10)`;
