-- imports.undo(run): takes back what a run did, all of it or nothing; the answer says why not. First that applies:
--   run_not_undoable   it is still at work, was undone, or left nothing
--   tickets_sold       a ticket it registered is sold, or held by somebody at this moment, or belongs to an order
--   changed_since      a later import changed what this one made or changed
--   in_use             what it created is used by something it did not create (a screening of its movie …)
--   undone
-- One transaction: a buyer who takes a seat meanwhile either comes first (tickets_sold) or finds the seat gone.
create or replace function imports.undo(p_run_id uuid) returns text
  language plpgsql set enable_seqscan = off as $$
declare
  v_created integer[];
  v_touched integer[];
begin
  perform 1 from imports.runs
  where run_id = p_run_id and status in ('done', 'done_with_errors', 'cancelled') for update;
  if not found then return 'run_not_undoable'; end if;
  if not exists (select from imports.changes where run_id = p_run_id) then return 'run_not_undoable'; end if;
  perform pg_advisory_xact_lock(7001003);

  if exists (
    select from imports.changes mine
    join imports.changes later on later.entity_id = mine.entity_id and later.change_no > mine.change_no
      and (later.entity = mine.entity or mine.entity = 'screening' and later.entity = 'tickets'
           or mine.entity = 'tickets' and later.entity = 'screening')
    join imports.runs r on r.run_id = later.run_id and r.status <> 'undone'
    where mine.run_id = p_run_id and later.run_id <> p_run_id) then
    return 'changed_since';
  end if;

  select coalesce(array_agg(entity_id) filter (where entity = 'screening' and action = 'created'), '{}'),
         coalesce(array_agg(entity_id) filter (where entity in ('screening', 'tickets') and action = 'updated'), '{}')
    into v_created, v_touched from imports.changes where run_id = p_run_id;
  -- What the run changed has gone to the archive since, as it was.
  if exists (select from holds.archived_screenings a where a.screening_id = any(v_touched)) then
    return 'changed_since';
  end if;
  if exists (select from orders.orders o where o.screening_id = any(v_created)
             and (o.state in ('paid', 'refunded') or o.state in ('held', 'awaiting_payment') and o.held_until > now()))
     or exists (select from holds.all_tickets t where t.screening_id = any(v_created || v_touched)
                and (t.state = 'sold' or t.state = 'held' and t.held_until > now())) then
    return 'tickets_sold';
  end if;

  if exists (select from imports.changes c join screenings.screenings s on s.movie_id = c.entity_id
             where c.run_id = p_run_id and c.entity = 'movie' and c.action = 'created')
     or exists (select from imports.changes c join screenings.screenings s on s.auditorium_id = c.entity_id
                where c.run_id = p_run_id and c.entity = 'auditorium' and c.action = 'created')
     or exists (select from imports.changes c join catalog.auditoriums a on a.theater_id = c.entity_id
                where c.run_id = p_run_id and c.entity = 'theater' and c.action = 'created'
                  and not exists (select from imports.changes mine where mine.run_id = p_run_id
                    and mine.entity = 'auditorium' and mine.action = 'created' and mine.entity_id = a.auditorium_id))
  then return 'in_use'; end if;

  perform imports.undo_screenings(p_run_id, v_created);
  perform imports.undo_catalog(p_run_id);
  update imports.runs set status = 'undone', finished_at = now() where run_id = p_run_id;
  return 'undone';
exception when sqlstate 'PU001' then return 'tickets_sold';
end $$;

create or replace function imports.undo_screenings(p_run_id uuid, p_created integer[]) returns void
  language plpgsql set enable_seqscan = off as $$
declare
  v_taken integer;
begin
  delete from screenings.screenings where screening_id = any(p_created);
  -- A hold that slipped in between the check and here shows in what is really deleted, and stops it all.
  with gone as (delete from holds.tickets where screening_id = any(p_created) returning state, held_until)
  select count(*) into v_taken from gone where state = 'sold' or state = 'held' and held_until > now();
  if v_taken > 0 then
    raise exception 'a ticket was taken meanwhile' using errcode = 'PU001';
  end if;
  delete from holds.quotas where screening_id = any(p_created);
  delete from holds.archived_screenings where screening_id = any(p_created);

  update holds.tickets t set price_cents = (was.value ->> 1)::integer
  from imports.changes c cross join lateral jsonb_array_elements(c.before -> 'repriced') as was
  where c.run_id = p_run_id and c.entity = 'tickets' and t.screening_id = c.entity_id
    and t.seat_no = (was.value ->> 0)::smallint;
  delete from holds.tickets t
  using imports.changes c, jsonb_array_elements(c.before -> 'added') as added
  where c.run_id = p_run_id and c.entity = 'tickets' and t.screening_id = c.entity_id
    and t.seat_no = added.value::text::smallint;
  perform screenings.tell_tickets_changed((
    select array_agg(c.entity_id) from imports.changes c where c.run_id = p_run_id and c.entity = 'tickets'));

  update holds.tickets t set price_cents = (c.before ->> 'price_cents')::integer
  from imports.changes c join screenings.screenings s on s.screening_id = c.entity_id
  where c.run_id = p_run_id and c.entity = 'screening' and c.action = 'updated' and t.screening_id = s.screening_id
    and t.state = 'available' and t.price_cents = s.price_cents;
  update screenings.screenings s
  set movie_id = b.movie_id, ends_at = b.ends_at, language = b.language, format = b.format, libras = b.libras,
      audio_description = b.audio_description, captions = b.captions, price_cents = b.price_cents,
      half_price_quota = b.half_price_quota, status = b.status, sales_open_at = b.sales_open_at,
      sales_close_at = b.sales_close_at, updated_at = now()
  from imports.changes c cross join lateral jsonb_populate_record(null::screenings.screenings, c.before) b
  where c.run_id = p_run_id and c.entity = 'screening' and c.action = 'updated' and s.screening_id = c.entity_id;
end $$;

create or replace function imports.undo_catalog(p_run_id uuid) returns void
  language plpgsql as $$
begin
  update catalog.auditoriums a set seat_plan_id = null from imports.changes c
  where c.run_id = p_run_id and c.entity = 'auditorium' and c.action = 'created' and a.auditorium_id = c.entity_id;
  delete from catalog.seat_plans p using imports.changes c
  where c.run_id = p_run_id and c.entity = 'auditorium' and c.action = 'created' and p.auditorium_id = c.entity_id;
  delete from catalog.auditoriums a using imports.changes c
  where c.run_id = p_run_id and c.entity = 'auditorium' and c.action = 'created' and a.auditorium_id = c.entity_id;
  update catalog.auditoriums a
  set theater_id = b.theater_id, name = b.name, status = b.status, seats_total = b.seats_total,
      seats_wheelchair = b.seats_wheelchair, seats_companion = b.seats_companion,
      seats_reduced_mobility = b.seats_reduced_mobility, seats_plus_size = b.seats_plus_size,
      ramp_to_seats = b.ramp_to_seats, ramp_to_auditorium = b.ramp_to_auditorium,
      accessible_restrooms = b.accessible_restrooms, opened_on = b.opened_on, seat_plan_id = b.seat_plan_id,
      updated_at = now()
  from imports.changes c cross join lateral jsonb_populate_record(null::catalog.auditoriums, c.before) b
  where c.run_id = p_run_id and c.entity = 'auditorium' and c.action = 'updated' and a.auditorium_id = c.entity_id;
  delete from catalog.theaters t using imports.changes c
  where c.run_id = p_run_id and c.entity = 'theater' and c.action = 'created' and t.theater_id = c.entity_id;
  update catalog.theaters t
  set name = b.name, exhibitor = b.exhibitor, city = b.city, state = b.state, district = b.district,
      address = b.address, postal_code = b.postal_code, website = b.website, time_zone = b.time_zone,
      status = b.status, updated_at = now()
  from imports.changes c cross join lateral jsonb_populate_record(null::catalog.theaters, c.before) b
  where c.run_id = p_run_id and c.entity = 'theater' and c.action = 'updated' and t.theater_id = c.entity_id;
  delete from catalog.movies m using imports.changes c
  where c.run_id = p_run_id and c.entity = 'movie' and c.action = 'created' and m.movie_id = c.entity_id;
  update catalog.movies m
  set title = b.title, original_title = b.original_title, synopsis = b.synopsis, rating = b.rating,
      running_minutes = b.running_minutes, genres = b.genres, director = b.director, actors = b.actors,
      country = b.country, released_on = b.released_on, poster_url = b.poster_url, credit = b.credit,
      updated_at = now()
  from imports.changes c cross join lateral jsonb_populate_record(null::catalog.movies, c.before) b
  where c.run_id = p_run_id and c.entity = 'movie' and c.action = 'updated' and m.movie_id = c.entity_id;
end $$;
