-- The other moves of an order. The picture and the table of moves: README.md and order-states.ts.
-- Lock order: see capabilities/holds/hold-seats.fn.sql.

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
  update orders.orders o set state = 'awaiting_payment', seats_until = v_until
   where o.screening_id = p_screening_id and o.order_id = p_order_id;
  update holds.tickets t set held_until = v_until
   where t.screening_id = p_screening_id and t.seat_no = any (v_order.seat_nos)
     and t.order_id = p_order_id;
  perform holds.publish_changes(
    array_fill(p_screening_id, array[v_order.seat_count::integer]), v_order.seat_nos);
  perform orders.publish_orders(array[p_order_id]);
  return 'awaiting';
end $$;

-- Ends orders in state p_to ('cancelled', 'expired', 'refunded') if they are in one of p_from: seats free, nothing
-- counts for the buyer any more. 'expired' only when the seats' own time has passed. Answers 'ended', 'order_unknown', or 'refused'.
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
                           where t.screening_id = o.screening_id and t.seat_no = any (o.seat_nos)
                             and t.order_id = o.order_id and t.held_until > v_now)) then 'refused'
                        else 'ended' end order by r.n)
    into v_outcomes
    from unnest(p_screening_ids, p_order_ids) with ordinality as r(screening_id, order_id, n)
    left join orders.orders o on o.screening_id = r.screening_id and o.order_id = r.order_id;

  with theirs as (
    select t.screening_id, t.seat_no
      from unnest(p_screening_ids, p_order_ids) with ordinality as r(screening_id, order_id, n)
      join orders.orders o on o.screening_id = r.screening_id and o.order_id = r.order_id
      cross join lateral unnest(o.seat_nos) as seat(no)
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
  v_left   integer;
  v_wanted integer := (select count(*) from unnest(p_kinds) as k(kind) where holds.in_quota(k.kind));
begin
  if v_wanted > 0 then
    insert into holds.quotas (screening_id, promised) values (p_screening_id, 0) on conflict do nothing;
    perform from holds.quotas q where q.screening_id = p_screening_id for update; -- guard: quota lock
  end if;
  select * into v_order from orders.orders o
   where o.screening_id = p_screening_id and o.order_id = p_order_id for update;
  if not found then return 'order_unknown'; end if;
  if v_order.state <> 'held' then return 'order_not_changeable'; end if;
  if v_order.held_until <= clock_timestamp() then return 'order_expired'; end if;
  if (select array_agg(no order by no) from unnest(p_seat_nos) as w(no))
     is distinct from (select array_agg(no order by no) from unnest(v_order.seat_nos) as o(no)) then
    return 'seats_differ';
  end if;
  v_left := holds.half_price_left(p_screening_id, clock_timestamp())
            + (select count(*) from unnest(v_order.kinds) as had(kind) where holds.in_quota(had.kind));
  if v_wanted > v_left and v_wanted > 0 then -- guard: quota
    return 'half_price_exhausted';
  end if;
  if v_wanted > 0 then
    update holds.quotas q set promised = s.half_price_quota - v_left + v_wanted
      from screenings.screenings s where s.screening_id = p_screening_id and q.screening_id = p_screening_id;
  end if;

  update holds.tickets t set kind = w.kind
    from unnest(p_seat_nos, p_kinds) as w(no, kind)
   where t.screening_id = p_screening_id and t.seat_no = w.no and t.order_id = p_order_id;
  update orders.orders o
     set kinds = m.kinds, first_kinds = coalesce(o.first_kinds, o.kinds), -- the first answer stays what it was
         tickets_cents = m.charged, fee_cents = m.fee, total_cents = m.charged + m.fee
    from (select array_agg(w.kind order by had.n) as kinds, sum(c.charged)::integer as charged,
                 sum(holds.fee_cents(c.charged, v_order.fee_basis_points))::integer as fee
            from unnest(v_order.seat_nos, v_order.price_cents) with ordinality as had(no, price, n)
            join unnest(p_seat_nos, p_kinds) as w(no, kind) on w.no = had.no
            cross join lateral (select holds.charged_cents(w.kind, had.price) as charged) as c) as m
   where o.screening_id = p_screening_id and o.order_id = p_order_id;
  perform holds.publish_changes(array_fill(p_screening_id, array[cardinality(p_seat_nos)]), p_seat_nos);
  perform orders.publish_orders(array[p_order_id]);
  return 'changed';
end $$;
