-- tickets.printed: a ticket as its owner sees it: as sold, in the theater's own time, with what the door made of it.
-- The poster is the one thing taken from today's programme: it is decoration, not part of what was sold.
drop view if exists tickets.printed;
create view tickets.printed as
select
  issued.screening_id,
  issued.order_id,
  issued.holder,
  issued.code,
  issued.seat_no,
  issued.generation,
  issued.seat_label,
  issued.seat_row,
  issued.auditorium_name,
  issued.theater_name,
  issued.theater_address,
  issued.city || ', ' || issued.theater_state as city,
  issued.movie_title,
  issued.rating,
  movie.poster_url,
  issued.starts_at,
  issued.ends_at,
  issued.issued_at,
  to_char(issued.starts_at at time zone issued.time_zone, 'YYYY-MM-DD') as local_date,
  to_char(issued.starts_at at time zone issued.time_zone, 'HH24:MI') as local_time,
  issued.time_zone,
  issued.language,
  issued.format,
  issued.kind::text as kind,
  issued.price_cents,
  issued.fee_cents,
  case when issued.state = 'revoked' then 'revoked' when admitted.scanned_at is null then 'valid' else 'used' end
    as state,
  admitted.scanned_at as admitted_at
from tickets.issued as issued
left join admission.admissions as admitted
  on admitted.screening_id = issued.screening_id and admitted.code = issued.code
  and admitted.outcome in ('admitted', 'admitted_check_proof') and admitted.undone_at is null
left join screenings.screenings as screening on screening.screening_id = issued.screening_id
left join catalog.movies as movie on movie.movie_id = screening.movie_id;
