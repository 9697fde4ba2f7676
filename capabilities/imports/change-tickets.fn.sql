-- imports.change_tickets(screening, added, prices, repriced, prices, run): adds tickets to a screening that is there
-- and changes prices of those that nobody has. What it did is written down for undo, then viewers are told.
create or replace function imports.change_tickets(
  p_screening_id integer, p_added integer[], p_added_cents integer[], p_repriced integer[], p_repriced_cents integer[],
  p_run_id uuid) returns void
  language plpgsql as $$
declare
  v_added smallint[];
  v_repriced jsonb;
begin
  with added as (
    insert into holds.tickets (screening_id, seat_no, price_cents)
    select p_screening_id, g.no, g.cents from unnest(p_added, p_added_cents) as g(no, cents)
    on conflict do nothing returning seat_no)
  select array_agg(seat_no) into v_added from added;

  with old as (
    select t.seat_no, t.price_cents, g.cents from holds.tickets t
    join unnest(p_repriced, p_repriced_cents) as g(no, cents) on t.seat_no = g.no
    where t.screening_id = p_screening_id and t.state in ('available', 'blocked')
    for update of t
  ), changed as (
    update holds.tickets t set price_cents = old.cents from old
    where t.screening_id = p_screening_id and t.seat_no = old.seat_no)
  select jsonb_agg(jsonb_build_array(seat_no, price_cents)) into v_repriced from old;

  if v_added is null and v_repriced is null then return; end if;
  insert into imports.changes (run_id, entity, entity_id, action, before)
  values (p_run_id, 'tickets', p_screening_id, 'updated',
          jsonb_build_object('added', to_jsonb(coalesce(v_added, '{}')), 'repriced', coalesce(v_repriced, '[]')));
  update screenings.screenings s
  set half_price_quota = ceil(0.4 * (select count(*) from holds.all_tickets t where t.screening_id = s.screening_id))
  where s.screening_id = p_screening_id and v_added is not null;
  perform screenings.tell_tickets_changed(array[p_screening_id]);
  if v_added is not null then
    perform holds.publish_changes(array_fill(p_screening_id, array[cardinality(v_added)]), v_added);
  end if;
end $$;
