-- Makes paid orders of money that has arrived, many at once. Outcomes by request, in precedence:
-- 'order_unknown', 'already_paid', 'seats_gone', 'amount_mismatch', 'again', 'paid'.
-- A hold that has ended gets the same seats if they are free and the limit of 10 still allows; 'seats_gone' means that
-- the money goes back. A cancelled or refunded order never comes alive again: the buyer gave the seats back.
-- 'again': an earlier request of this call wants the same seats or belongs to the same buyer; call once more with it.
-- Never the answer of the first request. Lock order: see capabilities/holds/hold-seats.fn.sql.
--
-- Each order is read once, under its lock, and its lines are opened once; from there on everything is arrays, by request
-- or by seat. Looking at the lines again for every pair of requests cost 200 microseconds an order (batches of 250).
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
  v_lines     jsonb[];              -- by request; null unless the order may still become paid
  v_outcomes  text[];               -- by request; null while undecided
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
  v_counted   uuid[];               -- orders that are within the limit
begin
  -- 1. The orders, locked one by one in the order of their keys; what is read under the lock is the newest version.
  with locked as materialized (
    select r.n, o.* from (
      select r.screening_id as s, r.order_id as id, r.n
        from unnest(p_screening_ids, p_order_ids) with ordinality as r(screening_id, order_id, n)
       order by 1, 2 offset 0) as r
    left join lateral (
      select o.state, o.total_cents, o.seat_count, o.buyer_key, o.lines from orders.orders o
       where o.screening_id = r.s and o.order_id = r.id for update) as o on true)
  select array_agg(l.state order by l.n), array_agg(l.total_cents order by l.n), array_agg(l.seat_count order by l.n),
         array_agg(l.buyer_key order by l.n), array_agg(case when l.state = any (c_live) then l.lines end order by l.n)
    into v_states, v_totals, v_counts, v_keys, v_lines
    from locked l;

  -- 2. Their seats, sorted by key, and the locks on those that they may have.
  select array_agg(w.n), array_agg(w.screening_id), array_agg(w.seat_no), array_agg(w.kind), array_agg(w.price),
         array_agg(w.charged), array_agg(w.fee)
    into v_requests, v_screens, v_seats, v_kinds, v_prices, v_charged, v_fees
    from (select r.n::integer, r.screening_id, l."seatNo" as seat_no, l.kind, l."priceCents" as price,
                 l."chargedCents" as charged, l."feeCents" as fee
            from unnest(p_screening_ids, v_lines) with ordinality as r(screening_id, lines, n)
            cross join lateral jsonb_to_recordset(r.lines) as l("seatNo" smallint, kind holds.ticket_kind,
              "priceCents" integer, "chargedCents" integer, "feeCents" integer)
           order by r.screening_id, l."seatNo", r.n) as w;
  v_now := clock_timestamp();
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
                when r.ready < r.seats then 'seats_gone' end order by r.n)
    into v_outcomes
    from (select r.*, s.status, min(r.n) filter (where r.state = any (c_live))
                   over (partition by r.screening_id, r.buyer_key) as first_of_buyer
            from unnest(p_screening_ids, p_paid_cents, v_states, v_totals, v_counts, v_keys, v_ready, v_meets)
              with ordinality as r(screening_id, paid_cents, state, total_cents, seats, buyer_key, ready, meets, n)
            left join lateral (
              select s.status from screenings.screenings s
               where s.screening_id = r.screening_id limit 1) as s on true) as r;

  -- 4. What is sold counts for ever. The row's newest version has the last word on the limit.
  with counted as (
    insert into holds.tallies as y (screening_id, buyer_key, order_ids, seat_counts, counts_until)
    select r.screening_id, r.buyer_key, array[r.order_id], array[r.seats], array['infinity'::timestamptz]
      from unnest(p_screening_ids, p_order_ids, v_keys, v_counts, v_outcomes)
        as r(screening_id, order_id, buyer_key, seats, outcome)
     where r.outcome is null
     order by r.screening_id, r.buyer_key
    on conflict (screening_id, buyer_key) do update
      set (order_ids, seat_counts, counts_until) = (
        select coalesce(array_agg(e.id), '{}') || excluded.order_ids,
               coalesce(array_agg(e.seats), '{}') || excluded.seat_counts,
               coalesce(array_agg(e.until), '{}') || excluded.counts_until
          from unnest(y.order_ids, y.seat_counts, y.counts_until) as e(id, seats, until)
         where e.until > v_now and e.id <> excluded.order_ids[1])
      where (select coalesce(sum(e.seats), 0)
               from unnest(y.order_ids, y.seat_counts, y.counts_until) as e(id, seats, until)
              where e.until > v_now and e.id <> excluded.order_ids[1]) + excluded.seat_counts[1]
            <= c_tickets_max -- guard: limit
    returning order_ids[cardinality(order_ids)] as order_id)
  select array_agg(c.order_id) into v_counted from counted c;
  select array_agg(coalesce(r.outcome,
           case when r.order_id = any (v_counted) then 'paid' else 'seats_gone' end) order by r.n)
    into v_outcomes
    from unnest(p_order_ids, v_outcomes) with ordinality as r(order_id, outcome, n);

  -- 5. Write orders and tickets, and tell the pages.
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
