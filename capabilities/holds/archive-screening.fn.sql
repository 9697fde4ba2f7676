-- archive_screening(screening, ended before): moves its tickets out of the hot table, in one transaction. Outcomes:
--   'unknown'    no such screening (tickets under a reserved number belong to a running import)
--   'not_over'   it ended later, or is still on sale
--   'unsettled'  a seat is held now, or a payment or refund of it has no end yet
--   'differs'    its sold tickets are not exactly the lines of its paid orders; a person must look, nothing is dropped
--   'archived'   done, also when it was done before
-- Locks as everywhere: tickets by key; the screening's row first, so that two archives of it go one after the other. Refunds lock order -> tickets, so a refund and the
-- archive meet at the tickets and go one after the other; whichever comes first, the order's state says who sits there.
create or replace function holds.archive_screening(p_screening_id integer, p_ended_before timestamptz) returns text
language plpgsql
set enable_seqscan = off set enable_bitmapscan = off
as $$
declare
  v_now      timestamptz;
  v_ends_at  timestamptz;
  v_close_at timestamptz;
begin
  select s.ends_at, s.sales_close_at into v_ends_at, v_close_at
    from screenings.screenings s where s.screening_id = p_screening_id for no key update;
  if not found then return 'unknown'; end if;
  perform 1 from holds.tickets t where t.screening_id = p_screening_id order by t.seat_no for update;
  if not found then return 'archived'; end if;
  v_now := clock_timestamp();
  if v_ends_at >= p_ended_before or v_close_at >= v_now then return 'not_over'; end if; -- guard: old
  if exists (select from holds.tickets t
              where t.screening_id = p_screening_id and t.state = 'held' and t.held_until > v_now)
     or exists (select from payments.attempts a
                 where a.screening_id = p_screening_id
                   and a.state in ('created', 'submitted', 'requires_action', 'unknown')) -- guard: unsettled payment
     or exists (select from payments.refunds r
                 where r.screening_id = p_screening_id
                   and r.state in ('created', 'pending')) -- guard: unsettled refund
  then return 'unsettled'; end if;
  if exists (select from holds.differing_tickets(p_screening_id)) then return 'differs'; end if; -- guard: differs

  with gone as (
    delete from holds.tickets t where t.screening_id = p_screening_id
    returning t.seat_no, t.price_cents, t.state)
  insert into holds.archived_screenings as a (screening_id, seat_nos, price_cents, blocked_nos)
  select p_screening_id, array_agg(g.seat_no order by g.seat_no), array_agg(g.price_cents order by g.seat_no),
         coalesce(array_agg(g.seat_no order by g.seat_no) filter (where g.state = 'blocked'), '{}')
    from gone g
  -- Seats that an import registered after the first time join those that are here.
  on conflict (screening_id) do update
    set seat_nos = a.seat_nos || excluded.seat_nos, price_cents = a.price_cents || excluded.price_cents,
        blocked_nos = a.blocked_nos || excluded.blocked_nos;
  delete from holds.quotas q where q.screening_id = p_screening_id;
  delete from holds.refusals f where f.screening_id = p_screening_id;
  return 'archived';
end $$;

-- Seats of which the hot table says something else than the paid orders: sold without an order, sold to another, at
-- another price, or paid and not sold. Empty in a house without bugs. Seats in the archive are not compared.
create or replace function holds.differing_tickets(p_screening_id integer) returns table (seat_no smallint)
language sql stable
as $$
  with sold as (
    select t.seat_no, t.order_id, t.kind, t.price_cents, t.charged_cents, t.fee_cents
      from holds.tickets t where t.screening_id = p_screening_id and t.state = 'sold'
  ), paid as (
    select l.seat_no, l.order_id, l.kind, l.price_cents, l.charged_cents, l.fee_cents
      from holds.paid_lines(p_screening_id) as l
     where not exists (select from holds.archived_screenings a
                        where a.screening_id = p_screening_id and l.seat_no = any (a.seat_nos))
  )
  select d.seat_no from ((table sold except table paid) union all (table paid except table sold)) as d
$$;

-- What was bought of a screening and is not given back, one row a seat.
create or replace function holds.paid_lines(p_screening_id integer)
returns table (seat_no smallint, order_id uuid, kind holds.ticket_kind, price_cents integer, charged_cents integer,
               fee_cents integer)
language sql stable rows 100
as $$
  select l.seat_no, o.order_id, l.kind, l.price_cents, holds.charged_cents(l.kind, l.price_cents),
         holds.fee_cents(holds.charged_cents(l.kind, l.price_cents), o.fee_basis_points)
    from orders.orders o
   cross join lateral unnest(o.seat_nos, o.kinds, o.price_cents) as l(seat_no, kind, price_cents)
   where o.screening_id = p_screening_id and o.state = 'paid'
$$;
