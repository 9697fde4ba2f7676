-- The other moves of an order. The picture and the table of moves: README.md and order-states.ts.
-- Lock order: see capabilities/holds/hold-seats.fn.sql.

create or replace function orders.seat_nos(p_lines jsonb) returns smallint[]
  language sql immutable parallel safe
  return (select array_agg((line ->> 'seatNo')::smallint) from jsonb_array_elements(p_lines) as line);

-- Tells the pages that watch these orders, at commit. At most 200 ids of 37 bytes a notice.
create or replace function orders.publish_orders(p_order_ids uuid[]) returns void
language plpgsql as $$
begin
  perform pg_notify('order_changes', string_agg(c.order_id::text, ','))
    from (select o.order_id, (o.n - 1) / 200 as chunk
            from unnest(p_order_ids) with ordinality as o(order_id, n)) as c
   group by c.chunk;
end $$;

-- The buyer begins to pay: the seats wait p_grace_seconds longer than the buyer sees, for money that is on its way.
-- 'order_unknown', 'order_expired', 'order_not_payable', 'awaiting'. Again while awaiting: nothing changes.
create or replace function orders.await_payment(p_screening_id integer, p_order_id uuid, p_grace_seconds integer)
returns text language plpgsql as $$
declare
  v_order orders.orders;
  v_until timestamptz;
begin
  select * into v_order from orders.orders o
   where o.screening_id = p_screening_id and o.order_id = p_order_id for update;
  if not found then return 'order_unknown'; end if;
  if v_order.state = 'expired' then return 'order_expired'; end if;
  if v_order.state not in ('held', 'awaiting_payment') then return 'order_not_payable'; end if;
  if v_order.held_until <= clock_timestamp() then return 'order_expired'; end if;
  if v_order.state = 'awaiting_payment' then return 'awaiting'; end if;

  v_until := v_order.held_until + make_interval(secs => p_grace_seconds);
  update orders.orders o set state = 'awaiting_payment'
   where o.screening_id = p_screening_id and o.order_id = p_order_id;
  update holds.tickets t set held_until = v_until
   where t.screening_id = p_screening_id and t.seat_no = any (orders.seat_nos(v_order.lines))
     and t.order_id = p_order_id;
  update holds.tallies y set counts_until = (
      select coalesce(array_agg(case when e.id = p_order_id then v_until else e.until end order by e.n), '{}')
        from unnest(y.order_ids, y.counts_until) with ordinality as e(id, until, n))
   where y.screening_id = p_screening_id and y.buyer_key = v_order.buyer_key;
  perform holds.publish_changes(
    array_fill(p_screening_id, array[v_order.seat_count::integer]), orders.seat_nos(v_order.lines));
  perform orders.publish_orders(array[p_order_id]);
  return 'awaiting';
end $$;

-- Ends orders in state p_to ('cancelled', 'expired', 'refunded') if they are in one of p_from: seats free, tally
-- without them. 'expired' only when the seats' own time has passed. Answers 'ended', 'order_unknown', or 'refused'.
create or replace function orders.end_orders(
  p_screening_ids integer[], p_order_ids uuid[], p_to orders.order_state, p_from orders.order_state[])
returns table (request_no integer, outcome text)
language plpgsql
set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off
set enable_material = off
as $$
#variable_conflict use_column
declare
  v_now      timestamptz;
  v_outcomes text[];
  v_screenings integer[];
  v_seats      smallint[];
begin
  perform 1 from unnest(p_screening_ids, p_order_ids) as r(screening_id, order_id)
    join orders.orders o on o.screening_id = r.screening_id and o.order_id = r.order_id
   order by o.screening_id, o.order_id for update of o;
  v_now := clock_timestamp();

  select array_agg(case when o.order_id is null then 'order_unknown'
                        when o.state <> all (p_from) then 'refused'
                        when p_to = 'expired' and (o.held_until > v_now or exists (
                          select 1 from holds.tickets t
                           where t.screening_id = o.screening_id and t.seat_no = any (orders.seat_nos(o.lines))
                             and t.order_id = o.order_id and t.held_until > v_now)) then 'refused'
                        else 'ended' end order by r.n)
    into v_outcomes
    from unnest(p_screening_ids, p_order_ids) with ordinality as r(screening_id, order_id, n)
    left join orders.orders o on o.screening_id = r.screening_id and o.order_id = r.order_id;

  with theirs as (
    select t.screening_id, t.seat_no
      from unnest(p_screening_ids, p_order_ids) with ordinality as r(screening_id, order_id, n)
      join orders.orders o on o.screening_id = r.screening_id and o.order_id = r.order_id
      cross join lateral unnest(orders.seat_nos(o.lines)) as seat(no)
      join holds.tickets t on t.screening_id = o.screening_id and t.seat_no = seat.no
     where v_outcomes[r.n] = 'ended' and t.order_id = o.order_id -- guard: only its own seats
     order by t.screening_id, t.seat_no for update of t),
  freed as (
    update holds.tickets t
       set state = 'available', kind = null, charged_cents = null, fee_cents = null, order_id = null, held_until = null
      from theirs w where t.screening_id = w.screening_id and t.seat_no = w.seat_no
    returning t.screening_id, t.seat_no)
  select array_agg(f.screening_id), array_agg(f.seat_no) into v_screenings, v_seats from freed f;

  update orders.orders o set state = p_to, ended_at = v_now
    from unnest(p_screening_ids, p_order_ids) with ordinality as r(screening_id, order_id, n)
   where v_outcomes[r.n] = 'ended' and o.screening_id = r.screening_id and o.order_id = r.order_id;
  perform holds.uncount(array_agg(o.screening_id), array_agg(o.buyer_key), array_agg(o.order_id))
    from unnest(p_screening_ids, p_order_ids) with ordinality as r(screening_id, order_id, n)
    join orders.orders o on o.screening_id = r.screening_id and o.order_id = r.order_id
   where v_outcomes[r.n] = 'ended';

  perform holds.publish_changes(v_screenings, v_seats);
  perform orders.publish_orders(p_order_ids);
  return query select r.n::integer, v_outcomes[r.n]
    from unnest(p_order_ids) with ordinality as r(order_id, n) order by r.n;
end $$;

-- The same seats with other ticket kinds, while the order is held. 'order_unknown', 'order_expired',
-- 'order_not_changeable', 'seats_differ', 'half_price_exhausted', 'changed'.
create or replace function orders.change_kinds(
  p_screening_id integer, p_order_id uuid, p_seat_nos smallint[], p_kinds holds.ticket_kind[])
returns text language plpgsql as $$
declare
  v_order  orders.orders;
  v_points integer;
  v_wanted integer := (select count(*) from unnest(p_kinds) as k(kind) where holds.in_quota(k.kind));
begin
  if v_wanted > 0 then
    perform 1 from screenings.screenings s where s.screening_id = p_screening_id for no key update;
  end if;
  select * into v_order from orders.orders o
   where o.screening_id = p_screening_id and o.order_id = p_order_id for update;
  if not found then return 'order_unknown'; end if;
  if v_order.state <> 'held' then return 'order_not_changeable'; end if;
  if v_order.held_until <= clock_timestamp() then return 'order_expired'; end if;
  if (select array_agg(no order by no) from unnest(p_seat_nos) as w(no))
     is distinct from (select array_agg(no order by no) from unnest(orders.seat_nos(v_order.lines)) as o(no)) then
    return 'seats_differ';
  end if;
  if v_wanted > holds.half_price_left(p_screening_id, clock_timestamp())
       + (select count(*) from jsonb_array_elements(v_order.lines) as line
           where holds.in_quota((line ->> 'kind')::holds.ticket_kind))
     and v_wanted > 0 then -- guard: quota
    return 'half_price_exhausted';
  end if;

  select s.fee_basis_points into v_points from screenings.screenings s where s.screening_id = p_screening_id;
  with changed as (
    update holds.tickets t
       set kind = w.kind, charged_cents = holds.charged_cents(w.kind, t.price_cents),
           fee_cents = holds.fee_cents(holds.charged_cents(w.kind, t.price_cents), v_points)
      from unnest(p_seat_nos, p_kinds) as w(no, kind)
     where t.screening_id = p_screening_id and t.seat_no = w.no and t.order_id = p_order_id
    returning t.*),
  summed as (
    select sum(c.charged_cents)::integer as charged, sum(c.fee_cents)::integer as fee,
           jsonb_agg(jsonb_build_object('seatNo', c.seat_no, 'kind', c.kind, 'priceCents', c.price_cents,
             'chargedCents', c.charged_cents, 'feeCents', c.fee_cents) order by c.seat_no) as lines
      from changed c)
  update orders.orders o
     set lines = m.lines, tickets_cents = m.charged, fee_cents = m.fee, total_cents = m.charged + m.fee
    from summed m where o.screening_id = p_screening_id and o.order_id = p_order_id;
  perform holds.publish_changes(array_fill(p_screening_id, array[cardinality(p_seat_nos)]), p_seat_nos);
  perform orders.publish_orders(array[p_order_id]);
  return 'changed';
end $$;
