create schema if not exists search;

-- Movies whose title answers what somebody typed, accents and case aside. Rank: 4 the title begins with it, 3 a word
-- does, 2 it stands inside, below 1 a typing error away (trigram similarity of the best run of words).
-- The threshold lets 'calegari' (0.50) and 'nosfreatu' (0.43) through; the default of 0.6 loses both. One or two
-- letters only find words that begin with them.
create or replace function search.match_movies(typed text)
  returns table (movie_id integer, rank real)
  language sql stable parallel safe
  set pg_trgm.word_similarity_threshold = 0.4
as $$
  with wanted as (
    select folded, replace(replace(replace(folded, '\', '\\'), '%', '\%'), '_', '\_') as literal
      from (select catalog.fold(trim(typed)) as folded) as input
  ), candidates as (
    select m.movie_id, catalog.fold(m.title) as title, coalesce(catalog.fold(m.original_title), '') as original,
           w.folded, w.literal
      from catalog.movies as m, wanted as w
     where (length(w.folded) >= 3 and catalog.fold(m.title) like '%' || w.literal || '%')
        or (length(w.folded) >= 3 and catalog.fold(m.original_title) like '%' || w.literal || '%')
        or ' ' || catalog.fold(m.title) like '% ' || w.literal || '%'
        or ' ' || catalog.fold(m.original_title) like '% ' || w.literal || '%'
        or (length(w.folded) >= 4 and w.folded <% catalog.fold(m.title))
        or (length(w.folded) >= 4 and w.folded <% catalog.fold(m.original_title))
  ), ranked as (
    select c.movie_id,
         case
           when c.title like c.literal || '%' then 4
           when ' ' || c.title like '% ' || c.literal || '%' then 3
           when ' ' || c.original like '% ' || c.literal || '%' then 2.5
           when c.title like '%' || c.literal || '%' then 2
           when c.original like '%' || c.literal || '%' then 1.5
           else greatest(word_similarity(c.folded, c.title), word_similarity(c.folded, c.original))
         end::real as rank
      from candidates as c
  )
  -- A guess is only offered when nothing has the letters as typed.
  select r.movie_id, r.rank from ranked as r
   where r.rank >= 1 or not exists (select from ranked as literal where literal.rank >= 1)
$$;

-- Screenings that can still be sold or will be, in a place and of a kind; every filter that is null lets all through.
create or replace function search.upcoming(
  in_city text, in_state text, in_theater integer, in_language text, in_format text, in_access text[]
) returns table (
  screening_id integer, movie_id integer, theater_id integer, cinema_day date, starts_at timestamptz, price_cents integer
)
  language sql stable parallel safe
as $$
  select s.screening_id, s.movie_id, s.theater_id, s.cinema_day, s.starts_at, s.price_cents
    from screenings.screenings as s
    join catalog.theaters as t using (theater_id)
    join catalog.auditoriums as a using (auditorium_id)
   where s.sales_close_at > now()
     and s.status <> 'cancelled'
     and s.cinema_day between current_date - 2 and current_date + 60
     and (in_city is null or catalog.fold(t.city) = catalog.fold(in_city))
     and (in_state is null or t.state = in_state)
     and (in_theater is null or s.theater_id = in_theater)
     and (in_language is null or s.language = in_language)
     and (in_format is null or s.format = in_format)
     and ('libras' <> all (in_access) or s.libras)
     and ('audio_description' <> all (in_access) or s.audio_description)
     and ('captions' <> all (in_access) or s.captions)
     and ('wheelchair' <> all (in_access) or a.seats_wheelchair > 0)
$$;

-- '2026-11-22T19:30:00-03:00': the moment as the clock in the theater shows it.
create or replace function search.iso_at(moment timestamptz, zone text) returns text
  language sql stable parallel safe
as $$
  select to_char(moment at time zone zone, 'YYYY-MM-DD"T"HH24:MI:SS')
      || case when shift < 0 then '-' else '+' end
      || lpad((abs(shift) / 60)::text, 2, '0') || ':' || lpad((abs(shift) % 60)::text, 2, '0')
    from (select (extract(epoch from (moment at time zone zone) - (moment at time zone 'UTC')) / 60)::integer) as s(shift)
$$;
