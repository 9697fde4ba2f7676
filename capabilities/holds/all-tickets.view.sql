-- holds.all_tickets: the tickets of every screening, archived ones too, in the shape of holds.tickets. For readers that
-- may be asked about old programmes; always ask by screening. An archived seat is sold if a paid order names it.
drop view if exists holds.all_tickets;
create view holds.all_tickets as
select t.screening_id, t.seat_no, t.state, t.kind, t.price_cents, t.charged_cents, t.fee_cents, t.order_id,
       t.held_until
  from holds.tickets t
union all
select a.screening_id, seat.seat_no,
       case when seat.order_id is not null then 'sold'
            when seat.seat_no = any (a.blocked_nos) then 'blocked'
            else 'available' end::holds.ticket_state,
       seat.kind, seat.price_cents, seat.charged_cents, seat.fee_cents, seat.order_id, null::timestamptz
  from holds.archived_screenings a
 cross join lateral (
   select s.seat_no, s.price_cents, l.order_id, l.kind, l.charged_cents, l.fee_cents
     from unnest(a.seat_nos, a.price_cents) as s(seat_no, price_cents)
     left join holds.paid_lines(a.screening_id) as l on l.seat_no = s.seat_no) as seat;
