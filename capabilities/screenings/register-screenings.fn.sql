-- screenings.register_screenings(records, with_tickets): creates or updates screenings by (auditorium, start), a whole
-- chunk at once, and registers one ticket per seat of the auditorium's plan in the same statement: a screening is
-- never seen without its tickets. One row comes back per record; `code` says why a record was not taken. The first
-- that applies wins: auditorium_unknown, auditorium_closed, auditorium_without_seats, movie_unknown,
-- movie_ambiguous, overlaps_screening, screening_has_sales.
-- Blanks never erase. A cinema day begins at 4 in the morning: a show at 0:30 belongs to the day before.
-- Without tickets it is a rehearsal: the caller rolls back.
drop function if exists screenings.resolve_screenings(jsonb);
create or replace function screenings.look_up_screenings(records jsonb)
  returns table (line integer, given jsonb, auditorium_id integer, theater_id integer, seat_plan_id integer,
    seat_count integer, time_zone text, movie_id integer, starts_at timestamptz, ends_at timestamptz,
    screening_id integer, outcome text, code text, value text, before jsonb)
  language plpgsql stable
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
#variable_conflict use_column
begin
  -- plpgsql keeps the plan, and the plan walks the keys: without statistics it would read whole tables for the 25
  -- screenings of a batch (3.7 ms each time, 200 times in a million rows).
  return query
  with asked as materialized (
    select (g.value ->> 'line')::integer as line, g.value as given, g.value ->> 'movie' as movie, a.auditorium_id,
           a.status, h.theater_id, h.time_zone, p.seat_plan_id, p.seat_count,
           ((g.value ->> 'day') || ' ' || (g.value ->> 'time'))::timestamp at time zone h.time_zone as starts_at
    from jsonb_array_elements(records) as g(value)
    left join catalog.auditoriums a on a.registry_no = g.value ->> 'auditorium'
    left join catalog.theaters h on h.theater_id = a.theater_id
    left join catalog.seat_plans p on p.seat_plan_id = a.seat_plan_id
  ), movies as materialized (
    select named.movie, coalesce(keyed.ids, titled.ids) as ids
    from (select distinct movie from asked where movie is not null) named
    left join lateral (
      select array_agg(m.movie_id) as ids from catalog.movies m
      where m.natural_key in ('cpb:' || upper(named.movie), 'roe:' || upper(named.movie), 'code:' || named.movie)
    ) keyed on true
    left join lateral (
      select array_agg(m.movie_id) as ids from catalog.movies m
      where keyed.ids is null and catalog.fold(m.title) = catalog.fold(named.movie)
    ) titled on true
  )
  select a.line, a.given, a.auditorium_id, a.theater_id, a.seat_plan_id, a.seat_count, a.time_zone, m.movie_id,
         a.starts_at,
         a.starts_at + make_interval(mins => coalesce((a.given ->> 'runningMinutes')::integer, m.running_minutes, 120)),
         s.screening_id, null::text,
         case when a.auditorium_id is null then 'auditorium_unknown'
              when a.status <> 'open' then 'auditorium_closed'
              when a.seat_plan_id is null then 'auditorium_without_seats'
              when f.ids is null then 'movie_unknown'
              when cardinality(f.ids) > 1 then 'movie_ambiguous' end,
         null::text, to_jsonb(s)
  from asked a
  left join movies f on f.movie = a.movie
  left join catalog.movies m on m.movie_id = f.ids[1]
  left join screenings.screenings s on s.auditorium_id = a.auditorium_id and s.starts_at = a.starts_at;
end $$;

-- What plays then, for people: 'Limite, 20h30' by the theater's clock; with its day when that is another.
create or replace function screenings.showing_words(
  p_movie_id integer, p_starts_at timestamptz, p_beside timestamptz, p_time_zone text) returns text
  language sql stable as $$
  select m.title || ', ' || to_char(p_starts_at at time zone p_time_zone,
    case when (p_starts_at at time zone p_time_zone)::date = (p_beside at time zone p_time_zone)::date
      then 'HH24"h"MI' else 'DD/MM HH24"h"MI' end)
  from catalog.movies m where m.movie_id = p_movie_id
$$;

create or replace function screenings.register_screenings(records jsonb, with_tickets boolean)
  returns table (line integer, screening_id integer, outcome text, code text, value text, before jsonb,
                 tickets_created integer, tickets_updated integer)
  language plpgsql as $$
#variable_conflict use_column
declare
  later record;
begin
  perform pg_advisory_xact_lock(7001003);
  create temp table if not exists screenings_decided (
    line integer primary key, given jsonb, auditorium_id integer, theater_id integer, seat_plan_id integer,
    seat_count integer, time_zone text, movie_id integer, starts_at timestamptz, ends_at timestamptz,
    screening_id integer, outcome text, code text, value text, before jsonb) on commit drop;
  truncate screenings_decided;
  insert into screenings_decided select * from screenings.look_up_screenings(records);
  -- An auditorium shows one thing at a time: against what is there …
  update screenings_decided d set code = 'overlaps_screening',
    value = screenings.showing_words(other.movie_id, other.starts_at, d.starts_at, d.time_zone)
  from screenings.screenings other
  where d.code is null and other.auditorium_id = d.auditorium_id and other.starts_at <> d.starts_at
    and other.status <> 'cancelled' and other.starts_at < d.ends_at and other.ends_at > d.starts_at
    -- Nothing runs longer than 20 hours, so the index finds the neighbours and not the whole history.
    and other.starts_at > d.starts_at - interval '20 hours'
    and (d.screening_id is null or d.ends_at > (d.before ->> 'ends_at')::timestamptz);
  -- … and, row by row, against the rows before it in this chunk. Only rows that overlap at all come here.
  for later in
    select d.line, d.auditorium_id, d.starts_at, d.ends_at from screenings_decided d
    where d.code is null and exists (
      select from screenings_decided e
      where e.code is null and e.line < d.line and e.auditorium_id = d.auditorium_id
        and e.starts_at < d.ends_at and e.ends_at > d.starts_at)
    order by d.line
  loop
    update screenings_decided d set code = 'overlaps_screening',
      value = screenings.showing_words(e.movie_id, e.starts_at, d.starts_at, d.time_zone)
    from screenings_decided e
    where d.line = later.line and e.code is null and e.line < later.line and e.auditorium_id = later.auditorium_id
      and e.starts_at < later.ends_at and e.ends_at > later.starts_at;
  end loop;

  update screenings_decided d
  set code = case when s.movie_id <> d.movie_id and screenings.has_sales(s.screening_id) then 'screening_has_sales' end,
      outcome = case when d.movie_id = s.movie_id and d.ends_at = s.ends_at
        and coalesce((d.given ->> 'priceCents')::integer, s.price_cents) = s.price_cents
        and coalesce(d.given ->> 'language', s.language) = s.language
        and coalesce(d.given ->> 'format', s.format) = s.format
        and coalesce((d.given ->> 'libras')::boolean, s.libras) = s.libras
        and coalesce((d.given ->> 'audioDescription')::boolean, s.audio_description) = s.audio_description
        and coalesce((d.given ->> 'captions')::boolean, s.captions) = s.captions
        then 'unchanged' else 'updated' end
  from screenings.screenings s where d.code is null and s.screening_id = d.screening_id;

  with added as (
    insert into screenings.screenings (
      screening_id, auditorium_id, theater_id, movie_id, seat_plan_id, starts_at, ends_at, cinema_day, language, format,
      libras, audio_description, captions, price_cents, half_price_quota, sales_close_at)
    overriding system value
    select coalesce((d.given ->> 'reservedId')::integer,
                    nextval(pg_get_serial_sequence('screenings.screenings', 'screening_id'))::integer),
           d.auditorium_id, d.theater_id, d.movie_id, d.seat_plan_id, d.starts_at, d.ends_at,
           ((d.starts_at at time zone d.time_zone) - interval '4 hours')::date,
           coalesce(d.given ->> 'language', 'subtitled'), coalesce(d.given ->> 'format', '2D'),
           coalesce((d.given ->> 'libras')::boolean, false), coalesce((d.given ->> 'audioDescription')::boolean, false),
           coalesce((d.given ->> 'captions')::boolean, false), (d.given ->> 'priceCents')::integer,
           ceil(coalesce((d.given ->> 'ticketCount')::integer, d.seat_count) * 0.4)::integer,
           d.starts_at + interval '15 minutes'
    from screenings_decided d where d.code is null and d.screening_id is null order by d.line
    returning screening_id, auditorium_id, starts_at)
  update screenings_decided d set screening_id = added.screening_id, outcome = 'created'
  from added where added.auditorium_id = d.auditorium_id and added.starts_at = d.starts_at;

  -- Half-price tickets are promised in a row of their own (capabilities/holds); without it a hold has to make it first.
  insert into holds.quotas (screening_id, promised)
  select d.screening_id, 0 from screenings_decided d where d.outcome = 'created';
  if with_tickets then
    insert into holds.tickets (screening_id, seat_no, price_cents)
    select d.screening_id, no, (d.given ->> 'priceCents')::integer
    from screenings_decided d cross join lateral generate_series(1, d.seat_count) as no
    where d.outcome = 'created' and d.given ->> 'reservedId' is null order by 1, 2;
  end if;
  return query
    with repriced as (
      update holds.tickets t set price_cents = (d.given ->> 'priceCents')::integer
      from screenings_decided d
      where d.code is null and d.outcome = 'updated' and t.screening_id = d.screening_id and t.state = 'available'
        and t.price_cents = (d.before ->> 'price_cents')::integer
        and t.price_cents <> (d.given ->> 'priceCents')::integer
      returning t.screening_id
    ), changed as (
      update screenings.screenings s
      set movie_id = d.movie_id, ends_at = d.ends_at,
          price_cents = coalesce((d.given ->> 'priceCents')::integer, s.price_cents),
          language = coalesce(d.given ->> 'language', s.language),
          format = coalesce(d.given ->> 'format', s.format),
          libras = coalesce((d.given ->> 'libras')::boolean, s.libras),
          audio_description = coalesce((d.given ->> 'audioDescription')::boolean, s.audio_description),
          captions = coalesce((d.given ->> 'captions')::boolean, s.captions), updated_at = now()
      from screenings_decided d
      where d.code is null and d.outcome = 'updated' and s.screening_id = d.screening_id)
    select d.line, d.screening_id, case when d.code is null then d.outcome end, d.code, d.value,
           case when d.code is null and d.outcome = 'updated' then d.before end,
           case when d.outcome = 'created' then coalesce((d.given ->> 'ticketCount')::integer, d.seat_count) else 0 end,
           (select count(*)::integer from repriced r where r.screening_id = d.screening_id)
    from screenings_decided d order by d.line;
end $$;

-- screenings.has_sales(id): whether somebody owns or is paying for a seat of it. What is in the archive is history and
-- stays as it was shown, sold or not.
create or replace function screenings.has_sales(p_screening_id integer) returns boolean
  language sql stable
  return exists (select from holds.tickets t where t.screening_id = p_screening_id
    and (t.state = 'sold' or t.state = 'held' and t.held_until > now()))
    or exists (select from holds.archived_screenings a where a.screening_id = p_screening_id);
