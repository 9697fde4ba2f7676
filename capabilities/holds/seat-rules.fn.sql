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

-- The same for what a flush has held, which the caller has written down already: 'screening,seat,-seat' for each order,
-- a minus where the half-price quota counts the seat. One message however many orders there are: a flush has at most
-- 250, of two seats in the mean; a longer one (many tens of seats) is told in two.
create or replace function holds.publish_holds(p_until timestamptz, p_orders text[]) returns void
language plpgsql as $$
declare
  c_bytes_max constant integer := 7900;
  v_text text := 'held' || (extract(epoch from p_until) * 1000)::bigint || ';' || array_to_string(p_orders, ';');
begin
  if octet_length(v_text) <= c_bytes_max or cardinality(p_orders) = 1 then
    perform pg_notify('seat_changes', v_text);
  else
    perform holds.publish_holds(p_until, p_orders[:cardinality(p_orders) / 2]);
    perform holds.publish_holds(p_until, p_orders[cardinality(p_orders) / 2 + 1:]);
  end if;
end $$;

-- Position in SEAT_STATES of contracts/seat-states.ts.
create or replace function holds.state_no(p_state holds.ticket_state) returns integer
  language sql immutable parallel safe
  return case p_state when 'available' then 0 when 'held' then 1 when 'sold' then 2 else 3 end;

-- The ids that the orders of one buyer for one screening can have lie between these two: the serial number is in the
-- characters 25 to 28 (platform/ids.ts).
create or replace function holds.first_id(p_order_id uuid) returns uuid
  language sql immutable parallel safe
  return (overlay(p_order_id::text placing '0000' from 25 for 4))::uuid;

create or replace function holds.last_id(p_order_id uuid) returns uuid
  language sql immutable parallel safe
  return (overlay(p_order_id::text placing 'ffff' from 25 for 4))::uuid;

-- The id after this one of the same buyer and screening; null after the last.
create or replace function holds.next_id(p_order_id uuid) returns uuid
  language sql immutable parallel safe
  return case when substr(p_order_id::text, 25, 4) < 'ffff' then
    overlay(p_order_id::text placing
      lpad(to_hex(('x' || substr(p_order_id::text, 25, 4))::bit(16)::integer + 1), 4, '0') from 25 for 4)::uuid end;

-- The seats of an order with what each costs: [{seatNo, kind, priceCents, chargedCents, feeCents}].
create or replace function holds.lines(
  p_seat_nos smallint[], p_kinds holds.ticket_kind[], p_price_cents integer[], p_fee_basis_points integer) returns jsonb
  language sql immutable parallel safe
  return (select jsonb_agg(jsonb_build_object('seatNo', l.no, 'kind', l.kind, 'priceCents', l.price,
            'chargedCents', holds.charged_cents(l.kind, l.price),
            'feeCents', holds.fee_cents(holds.charged_cents(l.kind, l.price), p_fee_basis_points)) order by l.n)
            from unnest(p_seat_nos, p_kinds, p_price_cents) with ordinality as l(no, kind, price, n));
