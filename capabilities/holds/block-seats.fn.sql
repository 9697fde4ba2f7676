-- Staff takes seats off sale, or puts them back. Nothing changes when one of them is held or sold ('seat_taken') or
-- does not exist ('seat_unknown'); else 'done'. Seats already in the wanted state are left as they are.
create or replace function holds.block_seats(p_screening_id integer, p_seat_nos smallint[], p_blocked boolean)
returns table (outcome text, seat_nos smallint[])
language plpgsql as $$
#variable_conflict use_column
declare
  v_now   timestamptz;
  v_found integer;
  v_taken smallint[];
begin
  perform 1 from holds.tickets t
   where t.screening_id = p_screening_id and t.seat_no = any (p_seat_nos)
   order by t.seat_no for update;
  v_now := clock_timestamp();
  select count(*), array_agg(t.seat_no order by t.seat_no) filter (
           where t.state = 'sold' or (t.state = 'held' and t.held_until > v_now)) -- guard: owned seats
    into v_found, v_taken
    from holds.tickets t where t.screening_id = p_screening_id and t.seat_no = any (p_seat_nos);
  if v_found < (select count(distinct no) from unnest(p_seat_nos) as w(no)) then
    return query select 'seat_unknown', array[]::smallint[];
    return;
  end if;
  if v_taken is not null then
    return query select 'seat_taken', v_taken;
    return;
  end if;
  update holds.tickets t
     set state = (case when p_blocked then 'blocked' else 'available' end)::holds.ticket_state,
         kind = null, charged_cents = null, fee_cents = null, order_id = null, held_until = null
   where t.screening_id = p_screening_id and t.seat_no = any (p_seat_nos);
  perform holds.publish_changes(array_fill(p_screening_id, array[cardinality(p_seat_nos)]), p_seat_nos);
  return query select 'done', p_seat_nos;
end $$;
