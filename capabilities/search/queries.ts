import { sql } from '#platform/sql';

// Parameters $1 … $6 are always the place and kind filters of search.upcoming; see filterValues in filters.ts.

export const NOW_SHOWING = sql`
  with matched as (
    select movie_id, rank from search.match_movies($7) where $7 <> ''
  ), playing as (
    select movie_id, count(*)::integer as screening_count, min(price_cents) as price_from_cents,
           min(starts_at) as next_at, (array_agg(theater_id order by starts_at))[1] as next_theater_id
      from search.upcoming($1, $2, $3, $4, $5, $6)
     where $8::date is null or cinema_day = $8
     group by movie_id
  ), found as (
    select p.*, matched.rank from playing as p left join matched using (movie_id)
     where $7 = '' or matched.movie_id is not null
  )
  select json_build_object(
           'movieId', m.movie_id, 'slug', m.slug, 'title', m.title, 'originalTitle', m.original_title,
           'rating', m.rating, 'runningMinutes', m.running_minutes, 'genres', m.genres, 'posterUrl', m.poster_url,
           'releasedOn', m.released_on, 'screeningCount', f.screening_count, 'priceFromCents', f.price_from_cents,
           'nextStartsAt', search.iso_at(f.next_at, t.time_zone)) as card,
         (select count(*) from found)::integer as total
    from found as f
    join catalog.movies as m using (movie_id)
    join catalog.theaters as t on t.theater_id = f.next_theater_id
   order by f.rank desc nulls last, f.screening_count desc, m.title
   limit $9 offset $10`;

export const COMING_SOON = sql`
  select m.movie_id as "movieId", m.slug, m.title, m.original_title as "originalTitle", m.rating,
         m.running_minutes as "runningMinutes", m.genres, m.poster_url as "posterUrl", m.released_on as "releasedOn",
         0 as "screeningCount", null as "priceFromCents", null as "nextStartsAt"
    from catalog.movies as m
    left join (select movie_id, rank from search.match_movies($1) where $1 <> '') as matched using (movie_id)
   where m.released_on > current_date
     and ($1 = '' or matched.movie_id is not null)
     and not exists (
       select from screenings.screenings as s
        where s.movie_id = m.movie_id and s.status <> 'cancelled' and s.sales_close_at > now())
   order by matched.rank desc nulls last, m.released_on, m.title
   limit $2`;

export const DAYS = sql`
  select distinct u.cinema_day as day
    from search.upcoming($1, $2, $3, $4, $5, $6) as u
   where $7 = '' or u.movie_id in (select movie_id from search.match_movies($7))
   order by 1`;

export const MOVIE = sql`
  select movie_id as "movieId", slug, title, original_title as "originalTitle", rating,
         running_minutes as "runningMinutes", genres, poster_url as "posterUrl", released_on as "releasedOn",
         synopsis, director, actors, country, credit
    from catalog.movies where slug = $1`;

export const DAYS_OF_MOVIE = sql`
  select distinct cinema_day as day from search.upcoming($1, $2, $3, $4, $5, $6) where movie_id = $7 order by 1`;

export const SCREENINGS_OF_DAY = sql`
  select s.screening_id as "screeningId", search.iso_at(s.starts_at, t.time_zone) as "startsAt",
         to_char(s.starts_at at time zone t.time_zone, 'HH24:MI') as "localTime",
         (s.starts_at at time zone t.time_zone)::date > s.cinema_day as "afterMidnight",
         a.name as auditorium, s.language, s.format, s.libras, s.audio_description as "audioDescription", s.captions,
         a.seats_wheelchair > 0 as wheelchair, s.price_cents as "priceFromCents", p.seat_count as "seatCount",
         case when s.status <> 'on_sale' then s.status
              when s.sales_open_at > now() then 'not_yet'
              when s.sales_close_at <= now() then 'closed'
              else 'on_sale' end as "saleState",
         t.theater_id as "theaterId", t.name, t.city, t.state, t.district, t.address
    from search.upcoming($1, $2, $3, $4, $5, $6) as u
    join screenings.screenings as s using (screening_id)
    join catalog.seat_plans as p using (seat_plan_id)
    join catalog.auditoriums as a on a.auditorium_id = s.auditorium_id
    join catalog.theaters as t on t.theater_id = s.theater_id
   where u.movie_id = $7 and u.cinema_day = $8
   order by t.city, t.name, t.theater_id, s.starts_at, s.screening_id`;

// A hold whose time has passed is free again, whether or not anybody has tidied it.
export const AVAILABLE_COUNTS = sql`
  select screening_id as "screeningId", count(*)::integer as available
    from holds.tickets
   where screening_id = any ($1)
     and (state = 'available' or (state = 'held' and held_until <= statement_timestamp()))
   group by screening_id`;

export const CITIES = sql`
  select t.city || ', ' || t.state as city, count(distinct t.theater_id)::integer as "theaterCount",
         count(u.screening_id)::integer as "screeningCount"
    from catalog.theaters as t
    left join search.upcoming(null, null, null, null, null, '{}') as u using (theater_id)
   where t.status <> 'closed'
   group by t.city, t.state
   order by 3 desc, t.city, t.state`;

export const THEATERS = sql`
  select t.theater_id as "theaterId", t.slug, t.name, t.city, t.state, t.district, t.address,
         t.time_zone as "timeZone", count(u.screening_id)::integer as "screeningCount"
    from catalog.theaters as t
    left join search.upcoming($1, $2, null, null, null, '{}') as u using (theater_id)
   where t.status <> 'closed'
     and ($1::text is null or catalog.fold(t.city) = catalog.fold($1)) and ($2::text is null or t.state = $2)
   group by t.theater_id
   order by (count(u.screening_id) > 0) desc, t.name
   limit 500`;
