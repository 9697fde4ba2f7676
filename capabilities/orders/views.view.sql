-- An order as people see it. Reads the payment beside it (payments.attempts, payments.refunds) and decides nothing.
drop view if exists orders.views;
create view orders.views as
select o.screening_id as "screeningId", o.order_id as "orderId", o.buyer_id as "buyerId", o.state,
       o.state in ('held', 'awaiting_payment') and o.seats_until <= statement_timestamp() as ended,
       holds.lines(o.seat_nos, o.kinds, o.price_cents, o.fee_basis_points) as lines, o.tickets_cents as "ticketsCents", o.fee_cents as "feeCents", o.total_cents as "totalCents",
       o.held_until as "heldUntil", statement_timestamp() as "serverTime", o.created_at as "createdAt",
       o.paid_at as "paidAt", s.starts_at as "startsAt",
       jsonb_build_object(
         'movieTitle', m.title, 'posterUrl', m.poster_url, 'rating', m.rating,
         'theaterName', h.name, 'theaterAddress', nullif(concat_ws(', ', h.address, h.district), ''),
         'auditoriumName', a.name,
         'localDate', to_char(s.starts_at at time zone h.time_zone, 'YYYY-MM-DD'),
         'localTime', to_char(s.starts_at at time zone h.time_zone, 'HH24:MI'),
         'timeZone', h.time_zone) as screening,
       (select jsonb_agg(coalesce(seat.label, line.no::text) order by line.n)
          from unnest(o.seat_nos) with ordinality as line(no, n)
          left join jsonb_to_recordset(p.plan -> 'seats') as seat(no integer, label text) on seat.no = line.no
       ) as "seatLabels",
       latest.payment, coalesce(money.refunded, 0)::integer as "refundedCents",
       (select jsonb_agg(jsonb_build_object('at', h.at, 'event', h.event) order by h.at, h.rank)
          from (select o.created_at, 'held', 1
                union all
                select t.created_at, 'payment_started', 2 from payments.attempts t
                 where t.screening_id = o.screening_id and t.order_id = o.order_id
                union all
                select t.updated_at, 'payment_failed', 3 from payments.attempts t
                 where t.screening_id = o.screening_id and t.order_id = o.order_id and t.state = 'failed'
                union all
                select o.paid_at, 'paid', 4 where o.paid_at is not null
                union all
                select o.ended_at, o.state::text, 5 where o.ended_at is not null
                union all
                select r.updated_at, 'money_returned', 6 from payments.refunds r
                 where r.screening_id = o.screening_id and r.order_id = o.order_id and r.state = 'succeeded'
               ) as h(at, event, rank)) as history
  from orders.orders o
  join screenings.screenings s on s.screening_id = o.screening_id
  join catalog.movies m on m.movie_id = s.movie_id
  join catalog.theaters h on h.theater_id = s.theater_id
  join catalog.auditoriums a on a.auditorium_id = s.auditorium_id
  join catalog.seat_plans p on p.seat_plan_id = s.seat_plan_id
  left join lateral (
    select jsonb_build_object('attemptId', t.attempt_id, 'provider', t.provider, 'method', t.method,
             'state', t.state, 'failureCode', t.failure_code) as payment
      from payments.attempts t
     where t.screening_id = o.screening_id and t.order_id = o.order_id
     order by (t.state = 'captured') desc, t.created_at desc limit 1) as latest on true
  left join lateral (
    select sum(r.amount_cents) as refunded from payments.refunds r
     where r.screening_id = o.screening_id and r.order_id = o.order_id and r.state = 'succeeded') as money on true;
