-- Takes the seats of many requests at once: one call, one commit, hundreds of buyers. Called by hold-seats.ts only.
--
-- Requests are parallel arrays (p_...), their seats a second set of parallel arrays (p_seat_...) that name their
-- request by number (from 1) and its screening. Seats come sorted by (screening, seat).
-- A request is decided in the order of contracts/outcomes.ts HOLD_OUTCOMES, before that 'replay' and 'mismatch' by its
-- idempotency key. All its seats are taken or none.
--
-- No two claims of one call share a seat or a (screening, buyer). A request that would is marked a probe: it is judged
-- after the claims, takes nothing, and is answered 'again' when it is not refused; the caller sends it once more.
--
-- Every lock is taken before the statement that decides (each statement of a READ COMMITTED function sees a new
-- snapshot). All functions that change tickets lock in this order, each kind sorted by its key:
--   screening (half-price quota) -> order -> tickets -> tally.
create or replace function holds.hold_seats(
  p_screening_ids integer[], p_order_ids uuid[], p_buyer_ids uuid[], p_buyer_keys bytea[],
  p_keys text[], p_fingerprints bytea[], p_correlation_ids uuid[], p_probes boolean[],
  p_seat_requests integer[], p_seat_screenings integer[], p_seat_nos smallint[], p_seat_kinds holds.ticket_kind[],
  p_hold_seconds integer, p_message_id uuid)
returns table (request_no integer, outcome text, answer text)
language plpgsql
-- Always by key, one row at a time, whatever the statistics of a young table say: analyzed while empty, it was read
-- whole for every request (780 ms for 250 orders instead of 11).
set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off
set enable_material = off set enable_memoize = off set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
declare
  c_tickets_max constant integer := 10;
  v_now      timestamptz;
  v_until    timestamptz;
  v_outcomes text[];         -- by request; null while undecided
  v_details  text[];         -- by request; the members of the answer beside outcome
  v_fees     integer[];      -- by request; basis points
  v_wanted   smallint[];     -- by request; how many seats
  v_unknown  boolean[];      -- by request; whether a seat is not registered
  v_taken    jsonb[];        -- by request; the seats that are not free, or null
  v_free     boolean[];      -- by seat; free, and locked by us
  v_counted  uuid[];         -- orders that are within the limit
  v_made     text[];         -- answers of the held requests, in their order
  v_quota    record;
  v_last     integer;
  v_left     integer;
begin
  -- 1. What was answered before stays answered.
  select array_agg(case when a.key is null then null
                        when a.fingerprint = r.fingerprint then 'replay' else 'mismatch' end order by r.n),
         array_agg(case when a.fingerprint = r.fingerprint then a.body end order by r.n)
    into v_outcomes, v_details
    from unnest(p_screening_ids, p_buyer_ids, p_keys, p_fingerprints) with ordinality
      as r(screening_id, buyer_id, key, fingerprint, n)
    left join lateral (
      select a.key, a.fingerprint, a.body from idempotency.answers a
       where a.shard = r.screening_id and a.caller = r.buyer_id and a.key = r.key limit 1) as a on true;

  -- 2. Who wants the legal half price waits for the others who do, before anybody counts.
  perform 1 from screenings.screenings s
    where s.screening_id in (
      select w.screening_id
        from unnest(p_seat_requests, p_seat_screenings, p_seat_kinds) as w(request_no, screening_id, kind)
       where holds.in_quota(w.kind) and not p_probes[w.request_no] and v_outcomes[w.request_no] is null)
    order by s.screening_id for no key update; -- guard: quota lock

  -- 3. Lock the free seats, in the order of their key.
  v_now := clock_timestamp();
  v_until := date_trunc('milliseconds', v_now) + make_interval(secs => p_hold_seconds);
  select array_agg(l.seat_no is not null order by w.n) into v_free
    from unnest(p_seat_requests, p_seat_screenings, p_seat_nos) with ordinality
      as w(request_no, screening_id, seat_no, n)
    left join lateral (
      select t.seat_no from holds.tickets t
       where t.screening_id = w.screening_id and t.seat_no = w.seat_no
         and not p_probes[w.request_no] and v_outcomes[w.request_no] is null
         and (t.state = 'available' or (t.state = 'held' and t.held_until <= v_now)) -- guard: seat owner
         for update) as l on true; -- row by row, in the order of the arrays

  for v_round in 0..1 loop -- 0: claims; 1: probes, which see what the claims have taken
    exit when v_round = 1 and not (true = any(p_probes));

    -- 4. The refusals that need no further lock, in the order of precedence. Every request has seats, so arrays by
    -- request come out of the seats without a gap.
    select array_agg(q.wanted order by q.request_no), array_agg(q.is_unknown order by q.request_no),
           array_agg(q.taken order by q.request_no)
      into v_wanted, v_unknown, v_taken
      from (select w.request_no, count(*)::smallint as wanted,
                   bool_or(t.seat_no is null and not (v_round = 0 and v_free[w.n])) as is_unknown,
                   jsonb_agg(w.seat_no order by w.seat_no) filter (where not coalesce(
                     case when v_round = 0 then v_free[w.n]
                          else t.state = 'available' or (t.state = 'held' and t.held_until <= v_now) end,
                     false)) as taken
              from unnest(p_seat_requests, p_seat_screenings, p_seat_nos) with ordinality
                as w(request_no, screening_id, seat_no, n)
              left join lateral (
                select t.seat_no, t.state, t.held_until from holds.tickets t
                 where t.screening_id = w.screening_id and t.seat_no = w.seat_no
                   and not (v_round = 0 and v_free[w.n]) limit 1) as t on true -- what is ours needs no second look
             group by w.request_no) as q;

    with judged as (
      select r.n, s.fee_basis_points, mine.counted,
             case when p_probes[r.n] <> (v_round = 1) or v_outcomes[r.n] is not null then v_outcomes[r.n]
                  when s.status is null then 'screening_unknown'
                  when s.status <> 'on_sale' or v_now < s.sales_open_at or v_now >= s.sales_close_at
                    then 'screening_closed'
                  when v_unknown[r.n] then 'seat_unknown'
                  when mine.counted + v_wanted[r.n] > c_tickets_max then 'limit_reached' -- guard: limit
                  when v_taken[r.n] is not null then 'seat_taken'
                  when v_round = 1 then 'again' end as outcome
        from unnest(p_screening_ids, p_buyer_keys) with ordinality as r(screening_id, buyer_key, n)
        left join lateral (
          select s.status, s.fee_basis_points, s.sales_open_at, s.sales_close_at
            from screenings.screenings s where s.screening_id = r.screening_id limit 1) as s on true
        cross join lateral (
          select coalesce(sum(e.seats), 0)::integer as counted
            from holds.tallies y cross join lateral unnest(y.seat_counts, y.counts_until) as e(seats, until)
           where y.screening_id = r.screening_id and y.buyer_key = r.buyer_key and e.until > v_now) as mine)
    select array_agg(j.outcome order by j.n),
           array_agg(coalesce(v_details[j.n],
             case j.outcome when 'seat_taken' then jsonb_build_object('seatNos', v_taken[j.n])::text
                            when 'limit_reached' then jsonb_build_object('already', j.counted)::text end) order by j.n),
           array_agg(coalesce(j.fee_basis_points, 0) order by j.n)
      into v_outcomes, v_details, v_fees
      from judged j;
    exit when v_round = 1;

    -- 5. The half-price quota: first come, first served, screening by screening.
    v_last := null;
    for v_quota in
      select w.screening_id, w.request_no, count(*)::integer as wanted
        from unnest(p_seat_requests, p_seat_screenings, p_seat_kinds) as w(request_no, screening_id, kind)
       where holds.in_quota(w.kind) and not p_probes[w.request_no] and v_outcomes[w.request_no] is null
       group by 1, 2 order by 1, 2
    loop
      if v_quota.screening_id is distinct from v_last then
        v_last := v_quota.screening_id;
        v_left := holds.half_price_left(v_last, v_now);
      end if;
      if v_quota.wanted > v_left then -- guard: quota
        v_outcomes[v_quota.request_no] := 'half_price_exhausted';
        v_details[v_quota.request_no] := jsonb_build_object('left', greatest(v_left, 0))::text;
      else
        v_left := v_left - v_quota.wanted;
      end if;
    end loop;

    -- 6. Count the seats for their buyers; the row's newest version has the last word on the limit.
    with counted as (
      insert into holds.tallies as y (screening_id, buyer_key, order_ids, seat_counts, counts_until)
      select r.screening_id, r.buyer_key, array[r.order_id], array[v_wanted[r.n]], array[v_until]
        from unnest(p_screening_ids, p_buyer_keys, p_order_ids) with ordinality
          as r(screening_id, buyer_key, order_id, n)
       where v_outcomes[r.n] is null and not p_probes[r.n]
       order by r.screening_id, r.buyer_key
      on conflict (screening_id, buyer_key) do update
        set (order_ids, seat_counts, counts_until) = (
          select coalesce(array_agg(e.id), '{}') || excluded.order_ids,
                 coalesce(array_agg(e.seats), '{}') || excluded.seat_counts,
                 coalesce(array_agg(e.until), '{}') || excluded.counts_until
            from unnest(y.order_ids, y.seat_counts, y.counts_until) as e(id, seats, until)
           where e.until > v_now)
        where (select coalesce(sum(e.seats), 0) from unnest(y.seat_counts, y.counts_until) as e(seats, until)
                where e.until > v_now) + excluded.seat_counts[1]
              <= c_tickets_max -- guard: limit
      returning order_ids[cardinality(order_ids)] as order_id)
    select array_agg(c.order_id) into v_counted from counted c;
    select array_agg(case when v_outcomes[r.n] is not null or p_probes[r.n] then v_outcomes[r.n]
                          when r.order_id = any(v_counted) then 'held' else 'limit_reached' end order by r.n)
      into v_outcomes from unnest(p_order_ids) with ordinality as r(order_id, n);

    -- 7. Write the tickets and the orders.
    with claimed as (
      update holds.tickets t
         set state = 'held', kind = w.kind, order_id = p_order_ids[w.request_no], held_until = v_until,
             charged_cents = holds.charged_cents(w.kind, t.price_cents),
             fee_cents = holds.fee_cents(holds.charged_cents(w.kind, t.price_cents), v_fees[w.request_no])
        from unnest(p_seat_requests, p_seat_screenings, p_seat_nos, p_seat_kinds)
          as w(request_no, screening_id, seat_no, kind)
       where v_outcomes[w.request_no] = 'held'
         and t.screening_id = w.screening_id and t.seat_no = w.seat_no
      returning w.request_no, t.seat_no, t.kind, t.price_cents, t.charged_cents, t.fee_cents),
    summed as (
      select request_no, count(*)::smallint as seats, sum(charged_cents)::integer as charged,
             sum(fee_cents)::integer as fee,
             jsonb_agg(jsonb_build_object('seatNo', seat_no, 'kind', kind, 'priceCents', price_cents,
               'chargedCents', charged_cents, 'feeCents', fee_cents) order by seat_no) as lines
        from claimed group by request_no),
    ordered as (
      insert into orders.orders (screening_id, order_id, buyer_id, buyer_key, state, lines, seat_count,
        tickets_cents, fee_cents, total_cents, held_until, correlation_id)
      select p_screening_ids[request_no], p_order_ids[request_no], p_buyer_ids[request_no], p_buyer_keys[request_no],
             'held', lines, seats, charged, fee, charged + fee, v_until, p_correlation_ids[request_no]
        from summed)
    select array_agg(jsonb_build_object('orderId', p_order_ids[m.request_no], 'heldUntil', v_until,
             'lines', m.lines)::text order by m.request_no) into v_made
      from summed m;
    select array_agg(case when q.outcome = 'held' then v_made[q.place] else v_details[q.n] end order by q.n)
      into v_details
      from (select r.n, r.outcome, count(*) filter (where r.outcome = 'held') over (order by r.n) as place
              from unnest(v_outcomes) with ordinality as r(outcome, n)) as q;
  end loop;

  -- 8. The answers, for whoever asks again with the same key. Status 0: the edge chooses it from the outcome.
  -- Joined as text: taking the members apart and together again as jsonb cost 15 microseconds an order.
  select array_agg(case when v_outcomes[r.n] in ('replay', 'mismatch', 'again') then v_details[r.n]
           else '{"outcome": "' || v_outcomes[r.n] || '", "instance": "' || p_correlation_ids[r.n] || '"'
                || coalesce(', ' || substr(v_details[r.n], 2), '}') end order by r.n)
    into v_details from unnest(p_order_ids) with ordinality as r(order_id, n);
  insert into idempotency.answers (shard, caller, key, fingerprint, status, body)
    select r.screening_id, r.buyer_id, r.key, r.fingerprint, 0, v_details[r.n]
      from unnest(p_screening_ids, p_buyer_ids, p_keys, p_fingerprints) with ordinality
        as r(screening_id, buyer_id, key, fingerprint, n)
     where v_outcomes[r.n] not in ('replay', 'mismatch', 'again');

  -- 9. One fact and one notice for all.
  if 'held' = any(v_outcomes) then
    insert into outbox.messages (message_id, topic, payload, correlation_id)
      select p_message_id, 'seats_held',
             jsonb_build_object('orders', jsonb_agg(jsonb_build_object('screeningId', p_screening_ids[r.n],
               'orderId', r.order_id, 'correlationId', p_correlation_ids[r.n]))),
             p_correlation_ids[min(r.n)]
        from unnest(p_order_ids) with ordinality as r(order_id, n) where v_outcomes[r.n] = 'held';
    perform holds.publish_changes(array_agg(w.screening_id), array_agg(w.seat_no))
      from unnest(p_seat_requests, p_seat_screenings, p_seat_nos) as w(request_no, screening_id, seat_no)
     where v_outcomes[w.request_no] = 'held';
  end if;

  return query select r.n::integer, v_outcomes[r.n], v_details[r.n]
    from unnest(p_order_ids) with ordinality as r(order_id, n) order by r.n;
end $$;
