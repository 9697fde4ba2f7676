-- Makes paid orders of money that has arrived, many at once. Outcomes by request, in precedence:
-- 'order_unknown', 'already_paid', 'seats_gone', 'amount_mismatch', 'again', 'paid'.
-- A hold that has ended gets the same seats if they are free and the limit of 10 still allows; 'seats_gone' means that
-- the money goes back. A cancelled or refunded order never comes alive again: the buyer gave the seats back.
-- 'again': an earlier request of this call wants the same seats or belongs to the same buyer; call once more with it.
-- Never the answer of the first request. Lock order: see capabilities/holds/hold-seats.fn.sql.
--
-- Each order is read once, under its lock, and its seats are opened once; from there on everything is arrays, by request
-- or by seat. Looking at the seats again for every pair of requests cost 200 microseconds an order (batches of 250).
-- With an order its buyer's other orders of the screening are locked: what they have must not grow while an order whose
-- time has passed is brought back to life.
create or replace function orders.confirm_orders(
  p_screening_ids integer[], p_order_ids uuid[], p_paid_cents integer[])
returns table (request_no integer, outcome text)
language plpgsql
set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off
set enable_material = off set enable_memoize = off set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
declare
  c_tickets_max constant integer := 10;
  c_live constant orders.order_state[] := '{held,awaiting_payment,expired}';
  v_now       timestamptz;
  v_states    orders.order_state[]; -- by request; null when there is no such order
  v_totals    integer[];            -- by request
  v_counts    smallint[];           -- by request; how many seats it wants
  v_keys      bytea[];              -- by request; whose it is
  v_counted   integer[];            -- by request; what its buyer has beside it, as far as it counts for the limit
  v_outcomes  text[];               -- by request
  v_ready     integer[];            -- by request; how many of its seats are its own or free, and locked by us
  v_meets     boolean[];            -- by request; whether an earlier one wants one of its seats
  v_requests  integer[];            -- by seat, sorted by (screening, seat), from here on
  v_screens   integer[];
  v_seats     smallint[];
  v_kinds     holds.ticket_kind[];
  v_prices    integer[];
  v_charged   integer[];
  v_fees      integer[];
  v_free      boolean[];            -- its own or free, and locked by us
  v_late      integer[];            -- screenings to which half price may come back
  v_halves    integer[];            -- by late screening
begin
  -- 0. Half price of holds that have ended may have been promised to somebody else: it is promised once more before it
  -- comes back, or the next hold would exceed the quota. Also what ends while we wait for locks; too many do no harm.
  select array_agg(w.screening_id order by w.screening_id), array_agg(w.half order by w.screening_id)
    into v_late, v_halves
    from (select o.screening_id, count(*)::integer as half
            from unnest(p_screening_ids, p_order_ids) as r(screening_id, order_id)
            join orders.orders o on o.screening_id = r.screening_id and o.order_id = r.order_id
            cross join lateral unnest(o.kinds) as had(kind)
           where o.state = any (c_live) and o.seats_until <= clock_timestamp() + interval '1 minute'
             and holds.in_quota(had.kind)
           group by o.screening_id) as w;
  if v_late is not null then
    perform from holds.quotas q where q.screening_id = any (v_late) order by q.screening_id for update;
    update holds.quotas q set promised = q.promised + w.half
      from unnest(v_late, v_halves) as w(screening_id, half) where q.screening_id = w.screening_id;
  end if;

  -- 1. The orders, locked one by one in the order of their keys; what is read under the lock is the newest version.
  perform from (
      select r.screening_id as s, holds.first_id(r.order_id) as first, holds.last_id(r.order_id) as last
        from unnest(p_screening_ids, p_order_ids) as r(screening_id, order_id) order by 1, 2 offset 0) as r
    cross join lateral (
      select from orders.orders o where o.screening_id = r.s and o.order_id between r.first and r.last
       order by o.order_id for update) as locked; -- guard: orders stand still
  v_now := clock_timestamp();
  select array_agg(o.state order by r.n), array_agg(o.total_cents order by r.n), array_agg(o.seat_count order by r.n),
         array_agg(o.buyer_key order by r.n), array_agg(mine.counted order by r.n)
    into v_states, v_totals, v_counts, v_keys, v_counted
    from unnest(p_screening_ids, p_order_ids) with ordinality as r(screening_id, order_id, n)
    left join lateral (
      select o.* from orders.orders o where o.screening_id = r.screening_id and o.order_id = r.order_id limit 1) as o on true
    left join lateral (
      -- An order whose seats are still kept counts already; only one whose time has passed is added anew.
      select case when o.state in ('held', 'awaiting_payment') and o.seats_until > v_now then 0 else
               coalesce(sum(e.seat_count) filter (where e.state = 'paid'
                 or (e.state in ('held', 'awaiting_payment') and e.seats_until > v_now)), 0) end::integer as counted
        from orders.orders e
       where e.screening_id = r.screening_id and e.buyer_key = o.buyer_key and e.order_id <> r.order_id
         and e.order_id between holds.first_id(r.order_id) and holds.last_id(r.order_id)) as mine on true;

  -- 2. Their seats, sorted by key, and the locks on those that they may have.
  select array_agg(w.n), array_agg(w.screening_id), array_agg(w.seat_no), array_agg(w.kind), array_agg(w.price),
         array_agg(w.charged), array_agg(holds.fee_cents(w.charged, w.points))
    into v_requests, v_screens, v_seats, v_kinds, v_prices, v_charged, v_fees
    from (select r.n::integer, r.screening_id, l.seat_no, l.kind, l.price, o.fee_basis_points as points,
                 holds.charged_cents(l.kind, l.price) as charged
            from unnest(p_screening_ids, p_order_ids, v_states) with ordinality as r(screening_id, order_id, state, n)
            join orders.orders o on o.screening_id = r.screening_id and o.order_id = r.order_id
            cross join lateral unnest(o.seat_nos, o.kinds, o.price_cents) as l(seat_no, kind, price)
           where r.state = any (c_live)
           order by r.screening_id, l.seat_no, r.n) as w;
  select array_agg(l.seat_no is not null order by w.n) into v_free
    from unnest(v_requests, v_screens, v_seats) with ordinality as w(request_no, screening_id, seat_no, n)
    left join lateral (
      select t.seat_no from holds.tickets t
       where t.screening_id = w.screening_id and t.seat_no = w.seat_no
         and (t.state = 'available'
              or (t.state = 'held' and (t.order_id = p_order_ids[w.request_no] or t.held_until <= v_now))) -- guard: seat owner
         for update) as l on true; -- row by row, in the order of the arrays

  -- 3. The outcomes that need no further lock.
  select array_agg(q.ready order by q.n), array_agg(q.meets order by q.n)
    into v_ready, v_meets
    from (select e.n, count(*) filter (where e.free)::integer as ready, bool_or(e.meets) as meets
            from (select w.request_no as n, w.free,
                         min(w.request_no) over (partition by w.screening_id, w.seat_no) < w.request_no as meets
                    from unnest(v_requests, v_screens, v_seats, v_free) as w(request_no, screening_id, seat_no, free)
                  union all -- one without a seat for every request, so that arrays have no gap
                  select r.n, false, false from generate_series(1, cardinality(p_order_ids)) as r(n)) as e
           group by e.n) as q;
  select array_agg(
           case when r.state is null then 'order_unknown'
                when r.state = 'paid' then 'already_paid'
                when r.state <> all (c_live) or r.status = 'cancelled' then 'seats_gone'
                when r.paid_cents <> r.total_cents then 'amount_mismatch'
                when r.meets or r.first_of_buyer < r.n then 'again' -- guard: rivals
                when r.ready < r.seats then 'seats_gone'
                when r.counted + r.seats > c_tickets_max then 'seats_gone' -- guard: limit
                else 'paid' end order by r.n)
    into v_outcomes
    from (select r.*, s.status, min(r.n) filter (where r.state = any (c_live))
                   over (partition by r.screening_id, r.buyer_key) as first_of_buyer
            from unnest(p_screening_ids, p_paid_cents, v_states, v_totals, v_counts, v_keys, v_counted, v_ready, v_meets)
              with ordinality as r(screening_id, paid_cents, state, total_cents, seats, buyer_key, counted, ready, meets, n)
            left join lateral (
              select s.status from screenings.screenings s
               where s.screening_id = r.screening_id limit 1) as s on true) as r;

  -- 4. Write orders and tickets, and tell the pages.
  if 'paid' = any (v_outcomes) then
    update orders.orders o set state = 'paid', paid_at = v_now, ended_at = null
      from unnest(p_screening_ids, p_order_ids, v_outcomes) as r(screening_id, order_id, outcome)
     where r.outcome = 'paid' and o.screening_id = r.screening_id and o.order_id = r.order_id;
    update holds.tickets t
       set state = 'sold', order_id = p_order_ids[w.request_no], held_until = null, kind = w.kind,
           price_cents = w.price, charged_cents = w.charged, fee_cents = w.fee
      from unnest(v_requests, v_screens, v_seats, v_kinds, v_prices, v_charged, v_fees)
        as w(request_no, screening_id, seat_no, kind, price, charged, fee)
     where v_outcomes[w.request_no] = 'paid' and t.screening_id = w.screening_id and t.seat_no = w.seat_no;
    perform holds.publish_changes(array_agg(w.screening_id), array_agg(w.seat_no))
      from unnest(v_requests, v_screens, v_seats) as w(request_no, screening_id, seat_no)
     where v_outcomes[w.request_no] = 'paid';
  end if;
  perform orders.publish_orders(p_order_ids);
  return query select r.n::integer, r.outcome from unnest(v_outcomes) with ordinality as r(outcome, n) order by r.n;
end $$;
