-- why: tickets as they were sold, and every scan at the door.
-- locks: none, every table is new.
-- safe with the running release: yes
-- Up Migration

create schema tickets;
create schema admission;

-- One row per ticket that was ever paid. Everything a person reads on it is copied here when it is issued: a ticket
-- keeps its seat, screening, auditorium, day, time, movie and price as sold, whatever the programme becomes.
create table tickets.issued (
  screening_id      integer not null,
  code              bigint not null check (code >= 0 and code < (1::bigint << 50)),
  seat_no           smallint not null,
  -- The first ticket of a seat is generation 1; refunded and sold again, 2. A gate without network tells them apart.
  generation        smallint not null check (generation > 0),
  order_id          uuid not null,
  holder            uuid not null,                  -- the account; nothing else about a person is in this table
  state             text not null default 'valid' check (state in ('valid', 'revoked')),
  kind              holds.ticket_kind not null,
  price_cents       integer not null check (price_cents >= 0),   -- what was charged, without the fee
  fee_cents         integer not null check (fee_cents >= 0),
  seat_label        text not null,
  seat_row          text not null,
  auditorium_name   text not null,
  theater_name      text not null,
  theater_address   text,
  city              text not null,
  theater_state     char(2) not null,
  time_zone         text not null,
  movie_title       text not null,
  rating            text,
  language          text not null,
  format            text not null,
  starts_at         timestamptz not null,
  ends_at           timestamptz not null,
  cinema_day        date not null,
  correlation_id    uuid not null,                  -- the order's: a scan can be followed back to the purchase
  issued_at         timestamptz not null default now(),
  revoked_at        timestamptz,
  revoked_reason    text check (length(revoked_reason) between 1 and 200),
  primary key (screening_id, code),
  unique (screening_id, seat_no, generation),
  check ((state = 'revoked') = (revoked_at is not null))
);
-- One valid ticket per seat: a second one cannot be written down.
create unique index issued_valid_seat on tickets.issued (screening_id, seat_no) where state = 'valid';
create index issued_order on tickets.issued (screening_id, order_id);
create index issued_holder on tickets.issued (holder, starts_at);
-- Only for a code typed by hand at the wrong screening: the usher is told which one it is for.
create index issued_code on tickets.issued (code);
-- For the board: what was sold and given back today.
create index issued_at on tickets.issued (issued_at);
create index issued_revoked_at on tickets.issued (revoked_at) where state = 'revoked';

-- Every scan, refused ones too. `screening_id` is the one the gate was admitting to, which is the ticket's own
-- unless the outcome is wrong_screening.
create table admission.admissions (
  screening_id  integer not null,
  admission_id  uuid not null,
  nonce         uuid not null,                      -- made by the scanner: a scan sent twice is one scan
  outcome       text not null check (outcome in ('unreadable', 'unknown', 'wrong_screening', 'revoked',
                  'already_admitted', 'too_early', 'too_late', 'admitted_check_proof', 'admitted')),
  code          bigint,                             -- null when nothing could be read
  ticket_screening_id integer,                      -- null when there is no such ticket
  earlier_admission_id uuid,                        -- already_admitted: by which scan
  gate          text not null check (length(gate) between 1 and 40),
  usher         uuid not null,
  scanned_at    timestamptz not null default now(),
  undone_at     timestamptz,
  undone_by     uuid,
  primary key (screening_id, admission_id),
  unique (screening_id, nonce),
  check ((undone_at is null) = (undone_by is null)),
  check (undone_at is null or outcome in ('admitted', 'admitted_check_proof'))
);
-- Admitted once: two gates racing for one ticket cannot both write this down.
create unique index admissions_once on admission.admissions (screening_id, code)
  where outcome in ('admitted', 'admitted_check_proof') and undone_at is null;
create index admissions_scanned on admission.admissions (scanned_at);
