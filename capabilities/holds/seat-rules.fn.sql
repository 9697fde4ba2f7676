-- The rules about tickets that several SQL functions share. The small ones are inlined by the planner.

-- Same as countsInQuota of contracts/ticket-kinds.ts (a test compares them).
create or replace function holds.in_quota(p_kind holds.ticket_kind) returns boolean
  language sql immutable parallel safe
  return coalesce(p_kind in ('half_student', 'half_id_jovem', 'half_disability', 'half_companion'), false);

-- Same as chargedCents of contracts/ticket-kinds.ts. Integer division rounds down: the law says half, not more.
create or replace function holds.charged_cents(p_kind holds.ticket_kind, p_price_cents integer) returns integer
  language sql immutable parallel safe
  return case when p_kind = 'courtesy' then 0
              when p_kind in ('half_student', 'half_id_jovem', 'half_disability', 'half_companion', 'half_senior')
                then p_price_cents / 2
              else p_price_cents end;

-- Same as feeCents of contracts/ticket-kinds.ts. int8 inside: a million cents times 5,000 points is past int4.
create or replace function holds.fee_cents(p_charged_cents integer, p_fee_basis_points integer) returns integer
  language sql immutable parallel safe
  return ((p_charged_cents::bigint * p_fee_basis_points + 5000) / 10000)::integer;

-- Half-price tickets that may still be sold. Exact only under the lock of the screening's row.
create or replace function holds.half_price_left(p_screening_id integer, p_now timestamptz) returns integer
  language sql stable
  return (select s.half_price_quota - (
            select count(*)::integer from holds.tickets t
             where t.screening_id = p_screening_id and holds.in_quota(t.kind)
               and (t.state = 'sold' or (t.state = 'held' and t.held_until > p_now)))
            from screenings.screenings s where s.screening_id = p_screening_id);

-- Tells every web process, at commit, what these seats are now: flat integers
-- screening, seat, state (position in the enum), counts in quota, held until (ms, 0 for never), and so on.
-- Absolute, so that hearing it twice is harmless. Called last by every function that changes tickets, whose row locks
-- make the order of notices the order of changes. At most 200 seats a notice: 200 x 39 characters < 8000 bytes.
create or replace function holds.publish_changes(p_screening_ids integer[], p_seat_nos smallint[]) returns void
language plpgsql
set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off
set enable_material = off
as $$
begin
  perform pg_notify('seat_changes',
      string_agg(concat_ws(',', c.screening_id, c.seat_no, c.state, c.quota, c.until), ','))
    from (
      select t.screening_id, t.seat_no, holds.state_no(t.state) as state, holds.in_quota(t.kind)::integer as quota,
             coalesce(floor(extract(epoch from t.held_until) * 1000)::bigint, 0) as until,
             (row_number() over () - 1) / 200 as chunk
        from unnest(p_screening_ids, p_seat_nos) as w(screening_id, seat_no)
        join holds.tickets t on t.screening_id = w.screening_id and t.seat_no = w.seat_no) as c
   group by c.chunk;
end $$;

-- Position in SEAT_STATES of contracts/seat-states.ts.
create or replace function holds.state_no(p_state holds.ticket_state) returns integer
  language sql immutable parallel safe
  return case p_state when 'available' then 0 when 'held' then 1 when 'sold' then 2 else 3 end;

-- Takes an order out of the buyers' tallies. Elements whose time has passed go with it.
create or replace function holds.uncount(p_screening_ids integer[], p_buyer_keys bytea[], p_order_ids uuid[])
  returns void language plpgsql
set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off
set enable_material = off
as $$
begin
  update holds.tallies y
     set (order_ids, seat_counts, counts_until) = (
       select coalesce(array_agg(e.id), '{}'), coalesce(array_agg(e.seats), '{}'), coalesce(array_agg(e.until), '{}')
         from unnest(y.order_ids, y.seat_counts, y.counts_until) as e(id, seats, until)
        where e.id <> all (p_order_ids) and e.until > clock_timestamp())
    from (select distinct w.screening_id, w.buyer_key
            from unnest(p_screening_ids, p_buyer_keys) as w(screening_id, buyer_key) order by 1, 2) as w
   where y.screening_id = w.screening_id and y.buyer_key = w.buyer_key;
end $$;
