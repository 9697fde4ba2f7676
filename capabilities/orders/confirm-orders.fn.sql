-- Makes paid orders of money that has arrived, many at once. Outcomes by request, in precedence:
-- 'order_unknown', 'already_paid', 'seats_gone', 'amount_mismatch', 'again', 'paid'.
-- A hold that has ended gets the same seats if they are free and the limit of 10 still allows; 'seats_gone' means that
-- the money goes back. A cancelled or refunded order never comes alive again: the buyer gave the seats back.
-- 'again': an earlier request of this call wants the same seats or belongs to the same buyer; call once more with it.
-- Lock order: see capabilities/holds/hold-seats.fn.sql.
create or replace function orders.confirm_orders(
  p_screening_ids integer[], p_order_ids uuid[], p_paid_cents integer[])
returns table (request_no integer, outcome text)
language plpgsql
set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off
set enable_material = off
as $$
#variable_conflict use_column
declare
  c_tickets_max constant integer := 10;
  v_now      timestamptz;
  v_ready    integer[]; -- by request: how many of its seats are its own or free, and locked by us
  v_outcomes text[];
  v_changed_screenings integer[];
  v_changed_seats smallint[];
begin
  -- With the buyer's other orders of the screening: what they have must not grow while an order is brought back to life.
  perform from unnest(p_screening_ids, p_order_ids) as r(screening_id, order_id)
    join orders.orders o on o.screening_id = r.screening_id
     and o.order_id between holds.first_id(r.order_id) and holds.last_id(r.order_id)
   order by o.screening_id, o.order_id for update of o; -- guard: orders stand still

  v_now := clock_timestamp();
  with takeable as (
    select r.n
      from unnest(p_screening_ids, p_order_ids) with ordinality as r(screening_id, order_id, n)
      join orders.orders o on o.screening_id = r.screening_id and o.order_id = r.order_id
      cross join lateral unnest(o.seat_nos) as seat(no)
      join holds.tickets t on t.screening_id = o.screening_id and t.seat_no = seat.no
     where o.state in ('held', 'awaiting_payment', 'expired')
       and (t.state = 'available'
            or (t.state = 'held' and (t.order_id = o.order_id or t.held_until <= v_now))) -- guard: seat owner
     order by t.screening_id, t.seat_no for update of t)
  select array_agg(coalesce(c.seats, 0)::integer order by r.n)
    into v_ready
    from unnest(p_order_ids) with ordinality as r(order_id, n)
    left join (select n, count(*) as seats from takeable group by n) as c on c.n = r.n;

  with asked as (
    select r.n, r.paid_cents, o.*
      from unnest(p_screening_ids, p_order_ids, p_paid_cents) with ordinality
        as r(screening_id, order_id, paid_cents, n)
      left join orders.orders o on o.screening_id = r.screening_id and o.order_id = r.order_id)
  select array_agg(
           case when a.order_id is null then 'order_unknown'
                when a.state = 'paid' then 'already_paid'
                when a.state in ('cancelled', 'refunded') or s.status = 'cancelled' then 'seats_gone'
                when a.paid_cents <> a.total_cents then 'amount_mismatch'
                when exists (select 1 from asked e
                              where e.n < a.n and e.screening_id = a.screening_id
                                and (e.buyer_key = a.buyer_key
                                     or e.seat_nos && a.seat_nos)) then 'again'
                when v_ready[a.n] < a.seat_count then 'seats_gone'
                when not (a.state in ('held', 'awaiting_payment') and a.seats_until > v_now)
                     and mine.counted + a.seat_count > c_tickets_max then 'seats_gone' -- guard: limit
                else 'paid' end order by a.n)
    into v_outcomes
    from asked a
    left join screenings.screenings s on s.screening_id = a.screening_id
    left join lateral (
      select coalesce(sum(o.seat_count), 0) as counted from orders.orders o
       where o.screening_id = a.screening_id and o.order_id <> a.order_id and o.buyer_key = a.buyer_key
         and o.order_id between holds.first_id(a.order_id) and holds.last_id(a.order_id)
         and (o.state = 'paid' or (o.state in ('held', 'awaiting_payment') and o.seats_until > v_now))) as mine on true;

  with sold as (
    update orders.orders o set state = 'paid', paid_at = v_now, ended_at = null
      from unnest(p_screening_ids, p_order_ids) with ordinality as r(screening_id, order_id, n)
     where v_outcomes[r.n] = 'paid' and o.screening_id = r.screening_id and o.order_id = r.order_id
    returning o.screening_id, o.order_id, o.seat_nos, o.kinds, o.price_cents, o.fee_basis_points),
  tickets as (
    update holds.tickets t
       set state = 'sold', order_id = line.order_id, held_until = null, kind = line.kind,
           price_cents = line.price_cents, charged_cents = line.charged,
           fee_cents = holds.fee_cents(line.charged, line.fee_basis_points)
      from (select s.screening_id, s.order_id, s.fee_basis_points, l.seat_no, l.kind, l.price_cents,
                   holds.charged_cents(l.kind, l.price_cents) as charged
              from sold s cross join lateral unnest(s.seat_nos, s.kinds, s.price_cents)
                as l(seat_no, kind, price_cents)) as line
     where t.screening_id = line.screening_id and t.seat_no = line.seat_no
    returning t.screening_id, t.seat_no)
  select array_agg(t.screening_id), array_agg(t.seat_no)
    into v_changed_screenings, v_changed_seats from tickets t;

  perform holds.publish_changes(v_changed_screenings, v_changed_seats);
  perform orders.publish_orders(p_order_ids);
  return query select r.n::integer, v_outcomes[r.n]
    from unnest(p_order_ids) with ordinality as r(order_id, n) order by r.n;
end $$;
