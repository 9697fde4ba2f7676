-- Whoever keeps the programme in memory hears at commit which of its rows changed: 'movies,17,18'. A trigger per
-- statement and not a call per writer: imports, undo, staff and a hand at psql are all heard, and none can forget it.
-- The hot path writes none of these tables. At most 700 ids a notice: 700 x 11 characters < 8000 bytes.

-- catalog.tell_programme(): arguments of the trigger are the name of the table in the notice and its key.
create or replace function catalog.tell_programme() returns trigger language plpgsql as $$
begin
  execute format(
    'select pg_notify(''programme_changes'', concat_ws('','', %L, string_agg(c.id::text, '','')))
       from (select %I as id, (row_number() over () - 1) / 700 as chunk from changed) as c group by c.chunk',
    tg_argv[0], tg_argv[1]);
  return null;
end $$;

-- catalog.tell_changes_of(table, name, key): puts the three triggers on a table; again, nothing more happens.
create or replace function catalog.tell_changes_of(p_table regclass, p_name text, p_key text) returns void
  language plpgsql as $$
declare
  v_kind record;
begin
  for v_kind in select * from (values ('insert', 'new'), ('update', 'new'), ('delete', 'old')) as k(event, side) loop
    execute format(
      'create or replace trigger tell_%1$s after %1$s on %2$s referencing %3$s table as changed
         for each statement execute function catalog.tell_programme(%4$L, %5$L)',
      v_kind.event, p_table, v_kind.side, p_name, p_key);
  end loop;
end $$;

select catalog.tell_changes_of('catalog.movies', 'movies', 'movie_id');
select catalog.tell_changes_of('catalog.theaters', 'theaters', 'theater_id');
select catalog.tell_changes_of('catalog.auditoriums', 'auditoriums', 'auditorium_id');
