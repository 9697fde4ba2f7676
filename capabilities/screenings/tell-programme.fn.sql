select catalog.tell_changes_of('screenings.screenings', 'screenings', 'screening_id');

-- screenings.tell_tickets_changed(ids): for whoever adds, removes or reprices tickets without touching the screening.
create or replace function screenings.tell_tickets_changed(p_screening_ids integer[]) returns void
  language sql
as $$
  select pg_notify('programme_changes', concat_ws(',', 'screenings', string_agg(c.id::text, ',')))
    from (select id, (row_number() over () - 1) / 700 as chunk
            from (select distinct unnest(p_screening_ids) as id) as d) as c
   group by c.chunk
$$;
