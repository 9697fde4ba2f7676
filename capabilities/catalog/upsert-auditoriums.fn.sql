-- catalog.upsert_auditoriums(records, dry): creates or updates auditoriums by registry number, a whole chunk at
-- once; one row comes back per record. `needs_plan` says that its seats must be laid out (anew): it may show
-- films, has seats, and has no plan or other counts than before. A plan that came from a seat-map file stays as
-- long as its size is the registered one. When dry, the theater may still be on its way in the same file.
create or replace function catalog.upsert_auditoriums(records jsonb, dry boolean)
  returns table (registry_no text, auditorium_id integer, outcome text, before jsonb, needs_plan boolean)
  language plpgsql as $$
#variable_conflict use_column
begin
  if not dry then perform pg_advisory_xact_lock(7001003); end if;
  create temp table if not exists auditoriums_decided (
    registry_no text, auditorium_id integer, theater_id integer, outcome text, before jsonb, recounted boolean,
    given jsonb) on commit drop;
  truncate auditoriums_decided;
  insert into auditoriums_decided
  select g.value ->> 'registryNo', a.auditorium_id, h.theater_id,
         case when h.theater_id is null and not dry then 'theater_unknown'
              when a.auditorium_id is null then 'created'
              when coalesce(h.theater_id, a.theater_id) = a.theater_id
               and coalesce(g.value ->> 'name', a.name) = a.name
               and coalesce(g.value ->> 'status', a.status) = a.status
               and coalesce((g.value ->> 'rampToSeats')::boolean, a.ramp_to_seats) is not distinct from a.ramp_to_seats
               and coalesce((g.value ->> 'rampToAuditorium')::boolean, a.ramp_to_auditorium)
                   is not distinct from a.ramp_to_auditorium
               and coalesce((g.value ->> 'accessibleRestrooms')::boolean, a.accessible_restrooms)
                   is not distinct from a.accessible_restrooms
               and coalesce((g.value ->> 'openedOn')::date, a.opened_on) is not distinct from a.opened_on
               and not c.recounted then 'unchanged'
              else 'updated' end,
         to_jsonb(a), coalesce(c.recounted, true), g.value
  from jsonb_array_elements(records) as g(value)
  left join catalog.theaters h on h.registry_no = g.value ->> 'theaterRegistryNo'
  left join catalog.auditoriums a on a.registry_no = g.value ->> 'registryNo'
  left join lateral (select
    coalesce((g.value ->> 'seatsTotal')::integer, a.seats_total) <> a.seats_total
    or coalesce((g.value ->> 'seatsWheelchair')::integer, a.seats_wheelchair) <> a.seats_wheelchair
    or coalesce((g.value ->> 'seatsCompanion')::integer, a.seats_companion) <> a.seats_companion
    or coalesce((g.value ->> 'seatsReducedMobility')::integer, a.seats_reduced_mobility) <> a.seats_reduced_mobility
    or coalesce((g.value ->> 'seatsPlusSize')::integer, a.seats_plus_size) <> a.seats_plus_size
    as recounted) c on true;
  if not dry then
    insert into catalog.auditoriums (theater_id, registry_no, name, status, seats_total, seats_wheelchair,
      seats_companion, seats_reduced_mobility, seats_plus_size, ramp_to_seats, ramp_to_auditorium,
      accessible_restrooms, opened_on)
    select d.theater_id, d.registry_no, given ->> 'name', coalesce(given ->> 'status', 'open'),
           coalesce((given ->> 'seatsTotal')::integer, 0), coalesce((given ->> 'seatsWheelchair')::integer, 0),
           coalesce((given ->> 'seatsCompanion')::integer, 0),
           coalesce((given ->> 'seatsReducedMobility')::integer, 0),
           coalesce((given ->> 'seatsPlusSize')::integer, 0), (given ->> 'rampToSeats')::boolean,
           (given ->> 'rampToAuditorium')::boolean, (given ->> 'accessibleRestrooms')::boolean,
           (given ->> 'openedOn')::date
    from auditoriums_decided d where d.outcome = 'created';
    update catalog.auditoriums a
    set theater_id = d.theater_id, name = coalesce(d.given ->> 'name', a.name),
        status = coalesce(d.given ->> 'status', a.status),
        seats_total = coalesce((d.given ->> 'seatsTotal')::integer, a.seats_total),
        seats_wheelchair = coalesce((d.given ->> 'seatsWheelchair')::integer, a.seats_wheelchair),
        seats_companion = coalesce((d.given ->> 'seatsCompanion')::integer, a.seats_companion),
        seats_reduced_mobility = coalesce((d.given ->> 'seatsReducedMobility')::integer, a.seats_reduced_mobility),
        seats_plus_size = coalesce((d.given ->> 'seatsPlusSize')::integer, a.seats_plus_size),
        ramp_to_seats = coalesce((d.given ->> 'rampToSeats')::boolean, a.ramp_to_seats),
        ramp_to_auditorium = coalesce((d.given ->> 'rampToAuditorium')::boolean, a.ramp_to_auditorium),
        accessible_restrooms = coalesce((d.given ->> 'accessibleRestrooms')::boolean, a.accessible_restrooms),
        opened_on = coalesce((d.given ->> 'openedOn')::date, a.opened_on), updated_at = now()
    from auditoriums_decided d where d.outcome = 'updated' and a.auditorium_id = d.auditorium_id;
  end if;
  return query
    select d.registry_no, coalesce(d.auditorium_id, a.auditorium_id), d.outcome,
           case when d.outcome = 'updated' then d.before end,
           d.outcome in ('created', 'updated', 'unchanged')
             and coalesce(d.given ->> 'status', a.status, 'open') <> 'closed'
             and coalesce((d.given ->> 'seatsTotal')::integer, a.seats_total, 0) > 0
             and (a.seat_plan_id is null
                  or d.recounted and not exists (
                    select from catalog.seat_plans p
                    where p.seat_plan_id = a.seat_plan_id and p.fingerprint like 'file:%'
                      and p.seat_count = coalesce((d.given ->> 'seatsTotal')::integer, a.seats_total)))
    from auditoriums_decided d left join catalog.auditoriums a on a.registry_no = d.registry_no;
end $$;
