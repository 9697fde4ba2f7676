-- issue_tickets(screening_ids, order_ids): tickets for paid orders, many at once; returns one row per new ticket.
-- Copies what was sold from the order's lines and the programme of this moment. An order that has its valid tickets
-- keeps them. A seat whose valid ticket belongs to another order is a bug of the caller: the unique index throws.
create or replace function tickets.issue_tickets(screening_ids integer[], order_ids uuid[])
  returns table (screening_id integer, order_id uuid, seat_no smallint, code bigint)
  language sql volatile
as $$
  insert into tickets.issued as issued (
    screening_id, code, seat_no, generation, order_id, holder, kind, price_cents, fee_cents, seat_label, seat_row,
    auditorium_name, theater_name, theater_address, city, theater_state, time_zone, movie_title, rating,
    language, format, starts_at, ends_at, cinema_day, correlation_id)
  with wanted as (
    select distinct asked.screening_id, asked.order_id
    from unnest(screening_ids, order_ids) as asked (screening_id, order_id)
  ),
  -- A plan is opened once per screening, however many orders there are.
  seats as materialized (
    select screening.screening_id, seat.no, seat.label, seat."row"
    from (select distinct wanted.screening_id from wanted) as shown
    join screenings.screenings as screening on screening.screening_id = shown.screening_id
    join catalog.seat_plans as planned on planned.seat_plan_id = screening.seat_plan_id
    cross join lateral jsonb_to_recordset(planned.plan -> 'seats') as seat (no smallint, label text, "row" text)
  )
  select
    sold.screening_id,
    -- 50 random bits: hexadecimal digits 18 to 30 of a version 4 UUID hold no version and no variant bits.
    ('x' || substr(replace(gen_random_uuid()::text, '-', ''), 18, 13))::bit(52)::bigint >> 2,
    line."seatNo",
    coalesce((select max(earlier.generation) from tickets.issued as earlier
              where earlier.screening_id = sold.screening_id and earlier.seat_no = line."seatNo"), 0) + 1,
    sold.order_id,
    sold.buyer_id,
    line.kind,
    line."chargedCents",
    line."feeCents",
    seats.label,
    seats."row",
    auditorium.name,
    theater.name,
    nullif(concat_ws(', ', theater.address, theater.district), ''),
    theater.city,
    theater.state,
    theater.time_zone,
    movie.title,
    movie.rating,
    screening.language,
    screening.format,
    screening.starts_at,
    screening.ends_at,
    screening.cinema_day,
    sold.correlation_id
  from wanted
  join orders.orders as sold on sold.screening_id = wanted.screening_id and sold.order_id = wanted.order_id
  cross join lateral unnest(sold.seat_nos, sold.kinds, sold.price_cents) as had (seat_no, kind, price_cents)
  cross join lateral (
    select had.seat_no as "seatNo", had.kind, holds.charged_cents(had.kind, had.price_cents) as "chargedCents",
           holds.fee_cents(holds.charged_cents(had.kind, had.price_cents), sold.fee_basis_points) as "feeCents") as line
  join seats on seats.screening_id = sold.screening_id and seats.no = line."seatNo"
  join screenings.screenings as screening on screening.screening_id = sold.screening_id
  join catalog.auditoriums as auditorium on auditorium.auditorium_id = screening.auditorium_id
  join catalog.theaters as theater on theater.theater_id = screening.theater_id
  join catalog.movies as movie on movie.movie_id = screening.movie_id
  where not exists (
    select from tickets.issued as mine
    where mine.screening_id = sold.screening_id and mine.seat_no = line."seatNo"
      and mine.order_id = sold.order_id and mine.state = 'valid')
  order by sold.screening_id, line."seatNo"
  returning issued.screening_id, issued.order_id, issued.seat_no, issued.code;
$$;

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
