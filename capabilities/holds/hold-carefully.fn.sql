-- Decides one request for seats by all the rules, in their precedence (contracts/outcomes.ts HOLD_OUTCOMES); before them
-- come 'replay' and 'mismatch', by the idempotency key. Called by holds.hold_seats only, under its settings; that has
-- said yes to whatever needs no careful look. p_order_id is the first that this buyer can have of the screening (serial
-- number 1), p_half how many of the tickets count in the half-price quota.
-- Never waits: what another transaction has locked is answered 'again', and asked once more in the next call.
-- `answer` is JSON, the same for a replay to the byte; `order_id` the order that was made.
create or replace function holds.hold_carefully(
  p_screening_id integer, p_order_id uuid, p_buyer_id uuid, p_buyer_key bytea, p_key_hash bigint, p_body_hash bigint,
  p_correlation_id uuid, p_seat_nos smallint[], p_kinds holds.ticket_kind[], p_half smallint,
  p_now timestamptz, p_until timestamptz, out outcome text, out answer text, out order_id uuid)
language plpgsql as $$
#variable_conflict use_column
declare
  c_tickets_max constant integer := 10;
  v_wanted  integer := cardinality(p_seat_nos);
  v_seen    record;      -- all that one look tells
  v_known   record;      -- what the same key was answered before
  v_counted integer := 0; -- tickets that count for the limit
  v_left    integer;
begin
  select s.screening_id is null as unknown, s.fee_basis_points, s.half_price_quota,
         s.status = 'on_sale' and p_now >= s.sales_open_at and p_now < s.sales_close_at as on_sale,
         t.found, t.taken, o.theirs, f.body_hash, f.answer
    into v_seen
    from (select) as always
    left join screenings.screenings s on s.screening_id = p_screening_id
    left join lateral (
      select count(*) as found, array_agg(t.seat_no order by t.seat_no) filter (
               where t.state <> 'available' and not (t.state = 'held' and t.held_until <= p_now)) as taken
        from holds.tickets t where t.screening_id = p_screening_id and t.seat_no = any(p_seat_nos)) as t on true
    left join lateral (
      select array_agg(o.order_id order by o.order_id) as theirs from orders.orders o
       where o.screening_id = p_screening_id
         and o.order_id between p_order_id and holds.last_id(p_order_id)) as o on true
    left join holds.refusals f
      on f.screening_id = p_screening_id and f.order_id = p_order_id and f.key_hash = p_key_hash;

  -- 1. What was answered before stays answered. The order first: where the same key was asked at two processes at once, one
  -- may have refused what the other then held, and what is held is what counts.
  if v_seen.theirs is not null then
    select o.body_hash, holds.held_answer(o) as answer into v_known from orders.orders o
     where o.screening_id = p_screening_id and o.order_id = any(v_seen.theirs)
       and o.buyer_key = p_buyer_key and o.key_hash = p_key_hash;
    if found then
      outcome := case when v_known.body_hash = p_body_hash then 'replay' else 'mismatch' end;
      answer := v_known.answer;
      return;
    end if;
  end if;
  if v_seen.body_hash is not null then
    outcome := case when v_seen.body_hash = p_body_hash then 'replay' else 'mismatch' end;
    answer := v_seen.answer;
    return;
  end if;
  if v_seen.theirs is not null then
    -- 2. The buyer's other orders of this screening stand still while they are counted. A new one takes the next
    -- serial number, so two that are made at once meet in the key of the table.
    if cardinality(v_seen.theirs) > (select count(*) from (
        select from orders.orders o where o.screening_id = p_screening_id and o.order_id = any(v_seen.theirs)
         order by o.order_id for update skip locked) as locked) then -- guard: orders stand still
      outcome := 'again';
      return;
    end if;
    select coalesce(sum(o.seat_count), 0) into v_counted from orders.orders o
     where o.screening_id = p_screening_id and o.order_id = any(v_seen.theirs) and o.buyer_key = p_buyer_key
       and (o.state = 'paid' or (o.state in ('held', 'awaiting_payment') and o.seats_until > p_now));
  end if;

  -- 3. The refusals, in their order.
  outcome := case when v_seen.unknown then 'screening_unknown'
                  when not v_seen.on_sale then 'screening_closed' -- guard: on sale
                  when v_seen.found < v_wanted then 'seat_unknown'
                  when v_counted + v_wanted > c_tickets_max then 'limit_reached' -- guard: limit
                  when v_seen.taken is not null then 'seat_taken' end;
  answer := case outcome when 'seat_taken' then ', "seatNos": ' || to_json(v_seen.taken)
                         when 'limit_reached' then ', "already": ' || v_counted else '' end;

  -- 4. Free when we looked, and free now that nobody else can change it.
  if outcome is null and v_wanted > (select count(*) from (
      select from holds.tickets t
       where t.screening_id = p_screening_id and t.seat_no = any(p_seat_nos)
         and (t.state = 'available' or (t.state = 'held' and t.held_until <= p_now)) -- guard: seat owner
       order by t.seat_no for update skip locked) as locked) then
    outcome := 'again';
    return;
  end if;

  -- 5. The legal half price, counted exactly while nobody else can promise any.
  if outcome is null and p_half > 0 then
    -- Only where there is none: ON CONFLICT waits for whoever is changing the row.
    insert into holds.quotas (screening_id, promised)
      select p_screening_id, 0 where not exists (select from holds.quotas q where q.screening_id = p_screening_id)
      on conflict do nothing;
    perform from holds.quotas q where q.screening_id = p_screening_id for update skip locked; -- guard: quota lock
    if not found then
      outcome := 'again';
      return;
    end if;
    v_left := holds.half_price_left(p_screening_id, p_now);
    if p_half > v_left then -- guard: quota
      outcome := 'half_price_exhausted';
      answer := ', "left": ' || greatest(v_left, 0);
    else
      update holds.quotas q set promised = v_seen.half_price_quota - v_left + p_half
       where q.screening_id = p_screening_id;
    end if;
  end if;

  -- 6. Refused: the answer for whoever asks again with the same key.
  if outcome is not null then
    answer := '{"outcome": "' || outcome || '", "instance": "' || p_correlation_id || '"' || answer || '}';
    insert into holds.refusals (screening_id, order_id, key_hash, body_hash, answer)
      values (p_screening_id, p_order_id, p_key_hash, p_body_hash, answer) on conflict do nothing;
    -- Another process has refused the same key meanwhile: its answer is the one that stays.
    if not found then outcome := 'again'; end if; -- guard: one answer
    return;
  end if;

  -- 7. Held: the order first, since only its key can still be in the way.
  order_id := case when v_seen.theirs is null then p_order_id
                   else holds.next_id(v_seen.theirs[cardinality(v_seen.theirs)]) end;
  insert into orders.orders as made (
    screening_id, order_id, buyer_id, correlation_id, key_hash, body_hash, created_at, held_until, seats_until,
    tickets_cents, fee_cents, total_cents, fee_basis_points, seat_count, state, buyer_key, seat_nos, kinds, price_cents)
  select p_screening_id, hold_carefully.order_id, p_buyer_id, p_correlation_id, p_key_hash, p_body_hash, p_now, p_until,
         p_until, sum(l.charged), sum(l.fee), sum(l.charged + l.fee), v_seen.fee_basis_points, v_wanted, 'held',
         p_buyer_key, array_agg(l.seat_no order by l.seat_no), array_agg(l.kind order by l.seat_no),
         array_agg(l.price_cents order by l.seat_no)
    from (select t.seat_no, w.kind, t.price_cents, holds.charged_cents(w.kind, t.price_cents) as charged,
                 holds.fee_cents(holds.charged_cents(w.kind, t.price_cents), v_seen.fee_basis_points) as fee
            from unnest(p_seat_nos, p_kinds) as w(no, kind)
            join holds.tickets t on t.screening_id = p_screening_id and t.seat_no = w.no) as l
  on conflict do nothing
  returning holds.held_answer(made) into answer;
  if not found then
    outcome := 'again';
    return;
  end if;
  update holds.tickets t set state = 'held', kind = w.kind, order_id = hold_carefully.order_id, held_until = p_until
    from unnest(p_seat_nos, p_kinds) as w(no, kind)
   where t.screening_id = p_screening_id and t.seat_no = w.no;
  outcome := 'held';
end $$;

-- What a buyer was told about a hold, as it was then: neither a payment nor other kinds change it.
create or replace function holds.held_answer(p_order orders.orders) returns text
  language sql stable as $$
  select jsonb_build_object('outcome', 'held', 'instance', p_order.correlation_id, 'orderId', p_order.order_id,
    'heldUntil', p_order.held_until,
    'lines', holds.lines(p_order.seat_nos, coalesce(p_order.first_kinds, p_order.kinds), p_order.price_cents,
                         p_order.fee_basis_points))::text
$$;
