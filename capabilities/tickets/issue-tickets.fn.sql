-- issue_tickets(screening_ids, order_ids): tickets for paid orders, many at once; returns one row per new ticket.
-- Copies what was sold from the order's lines and the programme of this moment. An order that has its valid tickets
-- keeps them. A seat whose valid ticket belongs to another order is a bug of the caller: the unique index throws.
--
-- The programme of a screening is read once, however many orders there are, and of its plan only the seats that were
-- sold: opening whole plans and joining them cost 4 milliseconds an order in batches of 250.
create or replace function tickets.issue_tickets(screening_ids integer[], order_ids uuid[])
  returns table (screening_id integer, order_id uuid, seat_no smallint, code bigint)
  language plpgsql volatile
-- Always by key, one row at a time, whatever the statistics of a young table say.
set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off
set enable_material = off set enable_memoize = off set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
begin
  return query
  insert into tickets.issued as issued (
    screening_id, code, seat_no, generation, order_id, holder, kind, price_cents, fee_cents, seat_label, seat_row,
    auditorium_name, theater_name, theater_address, city, theater_state, time_zone, movie_title, rating,
    language, format, starts_at, ends_at, cinema_day, correlation_id)
  select
    shown.screening_id,
    -- 50 random bits: hexadecimal digits 18 to 30 of a version 4 UUID hold no version and no variant bits.
    ('x' || substr(replace(gen_random_uuid()::text, '-', ''), 18, 13))::bit(52)::bigint >> 2,
    line."seatNo",
    coalesce(latest.generation, 0) + 1,
    sold.order_id,
    sold.buyer_id,
    line.kind,
    line."chargedCents",
    line."feeCents",
    seat.planned ->> 'label',
    seat.planned ->> 'row',
    shown.auditorium_name,
    shown.theater_name,
    shown.theater_address,
    shown.city,
    shown.state,
    shown.time_zone,
    shown.title,
    shown.rating,
    shown.language,
    shown.format,
    shown.starts_at,
    shown.ends_at,
    shown.cinema_day,
    sold.correlation_id
  from (
    select asked.order_ids, screening.*, auditorium.name as auditorium_name, theater.name as theater_name,
           nullif(concat_ws(', ', theater.address, theater.district), '') as theater_address,
           theater.city, theater.state, theater.time_zone, movie.title, movie.rating, planned.plan -> 'seats' as seats
    from (
      select pair.screening_id, array_agg(distinct pair.order_id) as order_ids
      from unnest(screening_ids, order_ids) as pair (screening_id, order_id)
      group by pair.screening_id) as asked
    join screenings.screenings as screening on screening.screening_id = asked.screening_id
    join catalog.auditoriums as auditorium on auditorium.auditorium_id = screening.auditorium_id
    join catalog.theaters as theater on theater.theater_id = screening.theater_id
    join catalog.movies as movie on movie.movie_id = screening.movie_id
    join catalog.seat_plans as planned on planned.seat_plan_id = screening.seat_plan_id
    offset 0) as shown -- a border for the planner: a plan is opened once per screening, not once per seat
  cross join lateral unnest(shown.order_ids) as wanted (order_id)
  join lateral (
    select sold.order_id, sold.buyer_id, sold.seat_nos, sold.kinds, sold.price_cents, sold.fee_basis_points,
           sold.correlation_id
    from orders.orders as sold
    where sold.screening_id = shown.screening_id and sold.order_id = wanted.order_id limit 1) as sold on true
  cross join lateral unnest(sold.seat_nos, sold.kinds, sold.price_cents) as had (seat_no, kind, price_cents)
  cross join lateral (
    select had.seat_no as "seatNo", had.kind, holds.charged_cents(had.kind, had.price_cents) as "chargedCents",
           holds.fee_cents(holds.charged_cents(had.kind, had.price_cents), sold.fee_basis_points) as "feeCents") as line
  -- Seats usually stand in the plan in the order of their numbers; a plan that does otherwise is searched.
  cross join lateral (
    select case when (shown.seats -> (line."seatNo" - 1) ->> 'no')::integer = line."seatNo"
             then shown.seats -> (line."seatNo" - 1)
             else (select one from jsonb_array_elements(shown.seats) as one
                   where (one ->> 'no')::integer = line."seatNo" limit 1) end as planned offset 0) as seat
  -- Of a seat's tickets only the latest can be valid: the next one is written after it was revoked.
  left join lateral (
    select earlier.generation, earlier.order_id, earlier.state from tickets.issued as earlier
    where earlier.screening_id = shown.screening_id and earlier.seat_no = line."seatNo"
    order by earlier.generation desc limit 1) as latest on true
  where latest.state is distinct from 'valid' or latest.order_id <> sold.order_id
  order by shown.screening_id, line."seatNo"
  returning issued.screening_id, issued.order_id, issued.seat_no, issued.code;
end $$;

-- revoke_tickets(screening_ids, order_ids, reasons): the orders' valid tickets open no door any more; returns them.
create or replace function tickets.revoke_tickets(screening_ids integer[], order_ids uuid[], reasons text[])
  returns table (screening_id integer, order_id uuid, seat_no smallint, code bigint)
  language sql volatile
as $$
  update tickets.issued as issued
  set state = 'revoked', revoked_at = now(), revoked_reason = asked.reason
  from unnest(screening_ids, order_ids, reasons) as asked (screening_id, order_id, reason)
  where issued.screening_id = asked.screening_id and issued.order_id = asked.order_id and issued.state = 'valid'
  returning issued.screening_id, issued.order_id, issued.seat_no, issued.code;
$$;
