-- admit_ticket(…): decides one scan and writes it down; returns the scan's row. Outcomes in the order of precedence
-- of contracts/outcomes.ts. A nonce seen before gets its first row again and nothing is written.
--
-- p_readable false: the QR was not one of ours. Otherwise p_code is the ticket; p_ticket_screening_id is what the
-- token says, or null for a code typed by hand, which is looked for in this screening first and then everywhere.
-- p_generation null (typed): the ticket of that code, whatever its generation.
--
-- Two gates racing for one ticket: admissions_once lets one row in; the other insert waits for that commit, finds
-- itself in conflict and becomes already_admitted. A refund at the same time waits for us, or we for it (for
-- share): nobody enters on a ticket whose refund was committed first. Every statement in here sees what was
-- committed before it.
create or replace function admission.admit_ticket(
  p_screening_id integer, p_admission_id uuid, p_nonce uuid, p_gate text, p_usher uuid,
  p_readable boolean, p_code bigint, p_ticket_screening_id integer, p_seat_no smallint, p_generation smallint,
  p_opens_minutes integer
) returns admission.admissions
language plpgsql volatile
as $$
declare
  v_scan      admission.admissions;
  v_ticket    tickets.issued;
  v_outcome   text;
  v_earlier   uuid;
  v_starts_at timestamptz;
  v_ends_at   timestamptz;
begin
  select * into v_scan from admission.admissions where screening_id = p_screening_id and nonce = p_nonce;
  if found then
    return v_scan;
  end if;

  if p_readable then
    select * into v_ticket from tickets.issued
    where screening_id = coalesce(p_ticket_screening_id, p_screening_id) and code = p_code
      and (p_generation is null or (generation = p_generation and seat_no = p_seat_no))
    for share;
    if not found and p_ticket_screening_id is null then
      select * into v_ticket from tickets.issued where code = p_code order by screening_id limit 1 for share;
    end if;
  end if;
  -- The programme of today, not the ticket, says when the doors open: a show may have been put off.
  select starts_at, ends_at into v_starts_at, v_ends_at
  from screenings.screenings where screening_id = p_screening_id;
  select admission_id into v_earlier from admission.admissions
  where screening_id = p_screening_id and code = v_ticket.code
    and outcome in ('admitted', 'admitted_check_proof') and undone_at is null;

  v_outcome := case
    when not p_readable then 'unreadable'
    when v_ticket.code is null then 'unknown'
    when v_ticket.screening_id <> p_screening_id then 'wrong_screening'
    when v_ticket.state = 'revoked' then 'revoked'
    when v_earlier is not null then 'already_admitted'
    when statement_timestamp() < v_starts_at - make_interval(mins => p_opens_minutes) then 'too_early'
    when statement_timestamp() > v_ends_at then 'too_late'
    when v_ticket.kind::text like 'half%' then 'admitted_check_proof'
    else 'admitted'
  end;

  for attempt in 1..2 loop
    insert into admission.admissions (
      screening_id, admission_id, nonce, outcome, code, ticket_screening_id, earlier_admission_id, gate, usher)
    values (
      p_screening_id, p_admission_id, p_nonce, v_outcome, case when p_readable then p_code end,
      v_ticket.screening_id, case when v_outcome = 'already_admitted' then v_earlier end, p_gate, p_usher)
    on conflict do nothing
    returning * into v_scan;
    if found then
      return v_scan;
    end if;
    -- Somebody was faster: the same scan sent twice, or another gate with the same ticket.
    select * into v_scan from admission.admissions where screening_id = p_screening_id and nonce = p_nonce;
    if found then
      return v_scan;
    end if;
    select admission_id into v_earlier from admission.admissions
    where screening_id = p_screening_id and code = v_ticket.code
      and outcome in ('admitted', 'admitted_check_proof') and undone_at is null;
    v_outcome := 'already_admitted';
  end loop;
  raise exception 'bug: a scan could be neither written nor found';
end;
$$;
