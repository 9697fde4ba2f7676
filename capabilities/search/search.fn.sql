create schema if not exists search;

-- Movies whose title answers what somebody typed, accents and case aside. Rank: 4 the title begins with it, 3 a word
-- does, 2 it stands inside, below 1 a typing error away (trigram similarity of the best run of words).
-- The threshold lets 'calegari' (0.50) and 'nosfreatu' (0.43) through; the default of 0.6 loses both. One or two
-- letters only find words that begin with them. Each comparison is one that the trigram indexes understand; a
-- condition that they do not understand reads the whole catalogue (0.3 s for 10,000 movies).
create or replace function search.match_movies(typed text)
  returns table (movie_id integer, rank real)
  language plpgsql stable
  set pg_trgm.word_similarity_threshold = 0.4
as $$
#variable_conflict use_column
declare
  folded  text := catalog.fold(trim(typed));
  literal text := replace(replace(replace(folded, '\', '\\'), '%', '\%'), '_', '\_');
  starts  text := literal || '%';
  word    text := '% ' || literal || '%';
  inside  text := case when length(folded) >= 3 then '%' || literal || '%' else word end;
begin
  return query
    select m.movie_id,
           case
             when catalog.fold(m.title) like starts then 4
             when catalog.fold(m.title) like word then 3
             when catalog.fold(m.original_title) like starts or catalog.fold(m.original_title) like word then 2.5
             when catalog.fold(m.title) like inside then 2
             else 1.5
           end::real
      from catalog.movies as m
     where catalog.fold(m.title) like starts or catalog.fold(m.title) like inside
        or catalog.fold(m.original_title) like starts or catalog.fold(m.original_title) like inside;
  -- A guess is only offered when nothing has the letters as typed.
  if found or length(folded) < 4 then return; end if;
  return query
    select m.movie_id,
           greatest(word_similarity(folded, catalog.fold(m.title)),
                    word_similarity(folded, coalesce(catalog.fold(m.original_title), '')))::real
      from catalog.movies as m
     where folded <% catalog.fold(m.title) or folded <% catalog.fold(m.original_title);
end $$;

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
