-- catalog.upsert_movies(records, dry): creates or updates movies by natural key, a whole chunk at once; one row
-- comes back per record. A blank (null) never erases what is known, so a list of releases and a list with
-- ratings can be loaded in any order, any number of times.
create or replace function catalog.upsert_movies(records jsonb, dry boolean)
  returns table (natural_key text, movie_id integer, outcome text, before jsonb)
  language plpgsql as $$
#variable_conflict use_column
begin
  if not dry then perform pg_advisory_xact_lock(7001003); end if;
  create temp table if not exists movies_decided (
    natural_key text, movie_id integer, outcome text, before jsonb, given catalog.movies, slug text) on commit drop;
  truncate movies_decided;
  insert into movies_decided
  select g.natural_key, m.movie_id,
         case when m.movie_id is null then 'created'
              when coalesce(g.title, m.title) = m.title
               and coalesce(g.original_title, m.original_title) is not distinct from m.original_title
               and coalesce(g.synopsis, m.synopsis) = m.synopsis
               and coalesce(g.rating, m.rating) is not distinct from m.rating
               and coalesce(g.running_minutes, m.running_minutes) is not distinct from m.running_minutes
               and coalesce(g.genres, m.genres) = m.genres
               and coalesce(g.director, m.director) is not distinct from m.director
               and coalesce(g.actors, m.actors) = m.actors
               and coalesce(g.country, m.country) is not distinct from m.country
               and coalesce(g.released_on, m.released_on) is not distinct from m.released_on
               and coalesce(g.poster_url, m.poster_url) is not distinct from m.poster_url
               and coalesce(g.credit, m.credit) is not distinct from m.credit then 'unchanged'
              else 'updated' end,
         to_jsonb(m), g, catalog.slug(g.title)
  from jsonb_populate_recordset(null::catalog.movies, records) g
  left join catalog.movies m on m.natural_key = g.natural_key;
  if not dry then
    insert into catalog.movies (natural_key, slug, title, original_title, synopsis, rating, running_minutes, genres,
                                director, actors, country, released_on, poster_url, credit)
    select d.natural_key,
           case when row_number() over (partition by d.slug order by d.natural_key) = 1
                 and not exists (select from catalog.movies other where other.slug = d.slug)
                then d.slug else d.slug || '-' || catalog.slug(d.natural_key) end,
           (given).title, (given).original_title, coalesce((given).synopsis, ''), (given).rating,
           (given).running_minutes, coalesce((given).genres, '{}'), (given).director,
           coalesce((given).actors, '{}'), (given).country, (given).released_on, (given).poster_url, (given).credit
    from movies_decided d where d.outcome = 'created';
    update catalog.movies m
    set title = coalesce((d.given).title, m.title),
        original_title = coalesce((d.given).original_title, m.original_title),
        synopsis = coalesce((d.given).synopsis, m.synopsis), rating = coalesce((d.given).rating, m.rating),
        running_minutes = coalesce((d.given).running_minutes, m.running_minutes),
        genres = coalesce((d.given).genres, m.genres), director = coalesce((d.given).director, m.director),
        actors = coalesce((d.given).actors, m.actors), country = coalesce((d.given).country, m.country),
        released_on = coalesce((d.given).released_on, m.released_on),
        poster_url = coalesce((d.given).poster_url, m.poster_url), credit = coalesce((d.given).credit, m.credit),
        updated_at = now()
    from movies_decided d where d.outcome = 'updated' and m.movie_id = d.movie_id;
  end if;
  return query
    select d.natural_key, coalesce(d.movie_id, m.movie_id), d.outcome,
           case when d.outcome = 'updated' then d.before end
    from movies_decided d left join catalog.movies m on m.natural_key = d.natural_key;
end $$;
