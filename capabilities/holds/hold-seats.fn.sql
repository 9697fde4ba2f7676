-- Takes the seats of many requests at once: one call, one commit, hundreds of buyers. Called by hold-seats.ts only.
--
-- Quick for the many: what can be said yes to without a second thought is said yes to by sets. Everything else, which is
-- whatever is refused or unusual, is looked at one by one by holds.hold_carefully, in the same transaction. The quick
-- part never refuses, so the rules and their precedence stand in one place, there.
--
-- Requests are parallel arrays in the order of their coming; p_careful marks those that share a seat or a buyer with an
-- earlier one, p_halves how many of its tickets count in the half-price quota. The seats of a request are elements
-- p_first to p_last of the seat arrays. A run is a stretch of
-- neighbouring seats of one kind and price, of the requests that are not p_careful, sorted by (screening, seat). p_shown
-- are their screenings, ascending, with the fee that the caller believes in and the half-price tickets they want.
-- Prices and fees are what the caller believes: what the tables say otherwise is not claimed, but looked at carefully.
--
-- Returns request 0 with the end of all holds made by the quick part (milliseconds since 1970), and one row for each
-- request that was looked at carefully; all others are held under the order they came with.
--
-- Locks, each kind sorted by its key: quota -> order -> tickets. Only the quick part waits for locks; the careful part
-- skips what is locked and answers 'again', so the two can not wait for one another.
create or replace function holds.hold_seats(
  p_screening_ids integer[], p_order_ids uuid[], p_buyer_ids uuid[], p_buyer_keys bytea[],
  p_key_hashes bigint[], p_body_hashes bigint[], p_correlation_ids uuid[], p_careful boolean[],
  p_fee_points smallint[], p_tickets_cents integer[], p_fees_cents integer[], p_first smallint[], p_last smallint[],
  p_halves smallint[], p_seat_nos smallint[], p_kinds holds.ticket_kind[], p_prices integer[],
  p_run_requests smallint[], p_run_screenings integer[], p_run_from smallint[], p_run_to smallint[],
  p_run_kinds holds.ticket_kind[], p_run_prices integer[],
  p_shown integer[], p_shown_points smallint[], p_shown_half integer[],
  p_notices text[], p_hold_seconds integer, p_message_id uuid)
returns table (request_no integer, outcome text, answer text)
language plpgsql
-- Always by key, one row at a time, whatever the statistics of a young table say: analyzed while empty, it was read
-- whole for every request (780 ms for 250 orders instead of 11).
set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off
set enable_material = off set enable_memoize = off set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
declare
  v_now     timestamptz := clock_timestamp();
  v_until   timestamptz := date_trunc('milliseconds', v_now) + make_interval(secs => p_hold_seconds);
  v_odd     integer[]; -- requests that need a careful look
  v_closed  integer[]; -- screenings that do not sell now, or for another fee
  v_full    integer[]; -- screenings whose half price may be used up
  v_claimed smallint[]; -- by claimed seat: its request
  v_got     smallint[]; -- by claimed seat: its number
  v_partly  integer[]; -- requests that got some of their seats
  v_held    integer[]; -- what was held, in the end
  v_ids     uuid[];
  v_one     record;
begin
  -- 1. Who has asked before (the first order of a buyer has serial number 1), and what is not simply on sale.
  select array_agg(r.n) into v_odd
    from unnest(p_screening_ids, p_order_ids, p_key_hashes, p_careful) with ordinality
      as r(screening_id, order_id, key_hash, careful, n)
    -- With LIMIT, a look by key for each; as EXISTS behind OR, the whole table was read into a hash.
    left join lateral (
      select true as yes from orders.orders o
       where o.screening_id = r.screening_id and o.order_id = r.order_id limit 1) as bought on true
    left join lateral (
      select true as yes from holds.refusals f
       where f.screening_id = r.screening_id and f.order_id = r.order_id and f.key_hash = r.key_hash
       limit 1) as refused on true
   where r.careful or bought.yes or refused.yes;
  select array_agg(w.screening_id) into v_closed
    from unnest(p_shown, p_shown_points) as w(screening_id, points)
   where not exists (
     select from screenings.screenings s
      where s.screening_id = w.screening_id and s.status = 'on_sale' and s.fee_basis_points = w.points
        and v_now >= s.sales_open_at and v_now < s.sales_close_at); -- guard: on sale
  if v_closed is not null then
    select v_odd || array_agg(r.n) into v_odd
      from unnest(p_screening_ids) with ordinality as r(screening_id, n) where r.screening_id = any(v_closed);
  end if;

  -- 2. The legal half price, promised before it is taken.
  if 0 < any(p_shown_half) then
    with promised as (
      update holds.quotas q set promised = q.promised + w.half
        from unnest(p_shown, p_shown_half) as w(screening_id, half)
        join screenings.screenings s on s.screening_id = w.screening_id
       where w.half > 0 and q.screening_id = w.screening_id
         and q.promised + w.half <= s.half_price_quota -- guard: quota
      returning q.screening_id)
    select array_agg(w.screening_id) into v_full
      from unnest(p_shown, p_shown_half) as w(screening_id, half)
     where w.half > 0 and w.screening_id not in (select p.screening_id from promised p);
    if v_full is not null then
      select v_odd || array_agg(w.request_no) into v_odd
        from unnest(p_run_requests, p_run_screenings, p_run_kinds) as w(request_no, screening_id, kind)
       where w.screening_id = any(v_full) and holds.in_quota(w.kind);
    end if;
  end if;
  v_odd := coalesce(v_odd, '{}');

  -- 3. Claim the seats, run by run, in the order of their key.
  with claimed as (
    update holds.tickets t
       set state = 'held', kind = w.kind, order_id = p_order_ids[w.request_no], held_until = v_until
      from unnest(p_run_requests, p_run_screenings, p_run_from, p_run_to, p_run_kinds, p_run_prices)
        as w(request_no, screening_id, from_no, to_no, kind, price_cents)
     where w.request_no <> all(v_odd)
       and t.screening_id = w.screening_id and t.seat_no between w.from_no and w.to_no
       and t.price_cents = w.price_cents
       and (t.state = 'available' or (t.state = 'held' and t.held_until <= v_now)) -- guard: seat owner
    returning w.request_no, t.seat_no)
  select array_agg(c.request_no), array_agg(c.seat_no) into v_claimed, v_got from claimed c;

  -- 4. All seats or none: who got only some gives back what was got here. Not what its order id has: the first order of
  -- a buyer has the same id at every process, and a rival's may have been committed since step 1.
  if coalesce(cardinality(v_claimed), 0) < cardinality(p_seat_nos) then
    with missing as (
      select m.n, bool_or(m.seats < 0) as some from (
        select r.n, r.last - r.first + 1 as seats from unnest(p_first, p_last) with ordinality as r(first, last, n)
        union all select c.n, -1 from unnest(v_claimed) as c(n)) as m
       group by m.n having sum(m.seats) <> 0)
    select array_agg(m.n), array_agg(m.n) filter (where m.some) into v_odd, v_partly from missing m;
    if v_partly is not null then
      update holds.tickets t set state = 'available', kind = null, order_id = null, held_until = null
        from unnest(v_claimed, v_got) as w(request_no, seat_no)
       where w.request_no = any(v_partly) -- guard: all or none
         and t.screening_id = p_screening_ids[w.request_no] and t.seat_no = w.seat_no;
    end if;
  end if;

  -- 5. Their orders. The key ends a race of one buyer at two processes: the later one fails whole, and is run again.
  insert into orders.orders (
    screening_id, order_id, buyer_id, correlation_id, key_hash, body_hash, created_at, held_until, seats_until,
    tickets_cents, fee_cents, total_cents, fee_basis_points, seat_count, state, buyer_key, seat_nos, kinds, price_cents)
  select r.screening_id, r.order_id, r.buyer_id, r.correlation_id, r.key_hash, r.body_hash, v_now, v_until, v_until,
         r.tickets, r.fees, r.tickets + r.fees, r.points, r.last - r.first + 1, 'held', r.buyer_key,
         p_seat_nos[r.first:r.last], p_kinds[r.first:r.last], p_prices[r.first:r.last]
    from unnest(p_screening_ids, p_order_ids, p_buyer_ids, p_buyer_keys, p_key_hashes, p_body_hashes, p_correlation_ids,
                p_fee_points, p_tickets_cents, p_fees_cents, p_first, p_last) with ordinality
      as r(screening_id, order_id, buyer_id, buyer_key, key_hash, body_hash, correlation_id,
           points, tickets, fees, first, last, n)
   where r.n <> all(v_odd);

  -- 6. The careful look, in the order in which the requests came.
  request_no := 0;
  outcome := 'held';
  answer := (extract(epoch from v_until) * 1000)::bigint::text;
  return next;
  if cardinality(v_odd) > 0 then
    v_held := array(select n from generate_series(1, cardinality(p_order_ids)) as n where n <> all(v_odd));
    v_ids := array(select p_order_ids[n] from unnest(v_held) as n);
    for request_no in select distinct n from unnest(v_odd) as n order by n loop
      v_one := holds.hold_carefully(
        p_screening_ids[request_no], p_order_ids[request_no], p_buyer_ids[request_no], p_buyer_keys[request_no],
        p_key_hashes[request_no], p_body_hashes[request_no], p_correlation_ids[request_no],
        p_seat_nos[p_first[request_no]:p_last[request_no]], p_kinds[p_first[request_no]:p_last[request_no]],
        p_halves[request_no], v_now, v_until);
      outcome := v_one.outcome;
      answer := v_one.answer;
      if outcome = 'held' then
        v_held := v_held || request_no;
        v_ids := v_ids || v_one.order_id;
      end if;
      return next;
    end loop;
  else
    v_ids := p_order_ids;
  end if;

  -- 7. One fact and one notice for all. The notice is the seats as the caller wrote them, with their end.
  if cardinality(v_ids) > 0 then
    insert into outbox.messages (message_id, topic, payload, correlation_id)
      values (p_message_id, 'seats_held', jsonb_build_object('orderIds', to_jsonb(v_ids)), p_message_id);
    perform holds.publish_holds(v_until, case when v_held is null then p_notices
                                              else array(select p_notices[n] from unnest(v_held) as n) end);
  end if;
end $$;
