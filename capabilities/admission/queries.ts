import { sql } from '#platform/sql';

export const SCREENING_EXISTS = sql`select 1 as found from screenings.screenings where screening_id = $1`;

export const ADMIT = sql`
  select scan.admission_id as "admissionId", scan.outcome, scan.code, scan.scanned_at as "scannedAt",
    ticket.movie_title as "movieTitle", ticket.seat_label as "seatLabel", ticket.kind::text as kind,
    show.starts_at as "startsAt", ticket.auditorium_name as "auditoriumName",
    ticket.theater_name as "theaterName",
    to_char(show.starts_at at time zone ticket.time_zone, 'HH24:MI') as "localTime",
    to_char(show.starts_at at time zone ticket.time_zone, 'YYYY-MM-DD') as "localDate",
    to_char(statement_timestamp() at time zone ticket.time_zone, 'YYYY-MM-DD') as "localToday",
    show.opens_at as "opensAt",
    to_char(show.opens_at at time zone ticket.time_zone, 'YYYY-MM-DD') as "opensLocalDate",
    to_char(show.opens_at at time zone ticket.time_zone, 'HH24:MI') as "opensLocalTime",
    ticket.correlation_id as "correlationId", ticket.order_id as "orderId", ticket.seat_no as "seatNo",
    earlier.scanned_at as "admittedAt", earlier.gate as "admittedGate",
    to_char(earlier.scanned_at at time zone ticket.time_zone, 'HH24:MI') as "admittedLocalTime",
    scan.admission_id = $2 as "isNew"
  from admission.admit_ticket($1, $2, $3, $4, $5, $6, $7, $8, $9::smallint, $10::smallint, $11) as scan
  left join tickets.issued as ticket
    on ticket.screening_id = scan.ticket_screening_id and ticket.code = scan.code
  -- As admit_ticket decides: the programme of today, not the ticket, says when the show begins.
  left join lateral (
    select starts_at, starts_at - make_interval(mins => $11::integer) as opens_at
    from screenings.screenings where screening_id = ticket.screening_id
  ) as show on true
  left join admission.admissions as earlier
    on earlier.screening_id = scan.screening_id and earlier.admission_id = scan.earlier_admission_id`;

export const COUNTS = sql`
  select
    (select count(*) from tickets.issued where screening_id = $1 and state = 'valid') as sold,
    (select count(*) from admission.admissions
     where screening_id = $1 and outcome in ('admitted', 'admitted_check_proof') and undone_at is null) as admitted`;

export const UNDO = sql`
  update admission.admissions set undone_at = statement_timestamp(), undone_by = $3
  where screening_id = $1 and admission_id = $2 and undone_at is null
    and outcome in ('admitted', 'admitted_check_proof')
    and scanned_at > statement_timestamp() - make_interval(mins => $4)
  returning admission_id`;

export const FIND_ADMISSION = sql`
  select outcome, undone_at as "undoneAt" from admission.admissions where screening_id = $1 and admission_id = $2`;

// Counted per screening from an index prefix: a day of one theater is a few dozen screenings.
export const DOOR_SCREENINGS = sql`
  select screening.screening_id as "screeningId", movie.title as "movieTitle", theater.theater_id as "theaterId",
    theater.name as "theaterName", auditorium.name as "auditoriumName", screening.starts_at as "startsAt",
    to_char(screening.starts_at at time zone theater.time_zone, 'HH24:MI') as "localTime",
    (select count(*) from tickets.issued
     where issued.screening_id = screening.screening_id and issued.state = 'valid') as sold,
    (select count(*) from admission.admissions
     where admissions.screening_id = screening.screening_id
       and admissions.outcome in ('admitted', 'admitted_check_proof') and admissions.undone_at is null) as admitted
  from screenings.screenings as screening
  join catalog.movies as movie on movie.movie_id = screening.movie_id
  join catalog.theaters as theater on theater.theater_id = screening.theater_id
  join catalog.auditoriums as auditorium on auditorium.auditorium_id = screening.auditorium_id
  where ($1::integer is null or screening.theater_id = $1)
    -- Without a day: the cinema day that it is now at each theater. Before six in the morning it is still yesterday's.
    and screening.cinema_day = coalesce($2::date,
      ((statement_timestamp() - interval '6 hours') at time zone theater.time_zone)::date)
    and screening.cinema_day between coalesce($2::date, current_date - 2) and coalesce($2::date, current_date + 1)
    and screening.status <> 'cancelled'
  order by screening.starts_at, theater.name, auditorium.name
  limit $3`;

export const PACK = sql`
  select screening.screening_id as "screeningId", screening.starts_at as "startsAt", screening.ends_at as "endsAt",
    coalesce((
      select json_agg(json_build_object('code', issued.code, 'seatNo', issued.seat_no,
        'generation', issued.generation, 'seatLabel', issued.seat_label, 'kind', issued.kind,
        'admitted', admitted.admission_id is not null) order by issued.seat_no)
      from tickets.issued
      left join admission.admissions as admitted
        on admitted.screening_id = issued.screening_id and admitted.code = issued.code
        and admitted.outcome in ('admitted', 'admitted_check_proof') and admitted.undone_at is null
      where issued.screening_id = screening.screening_id and issued.state = 'valid'), '[]') as tickets
  from screenings.screenings as screening
  where screening.screening_id = $1`;
