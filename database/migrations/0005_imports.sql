-- why: import runs that can be planned, followed, cancelled, resumed and undone.
-- locks: none that matter, new tables only.
-- safe with the running release: yes
-- Up Migration

create schema imports;

-- One file that somebody wants in. `cursor_line` moves in the transaction of the rows it covers: whatever
-- is killed, the run continues after the last row that was really loaded.
create table imports.runs (
  run_id            uuid primary key,
  kind              text not null check (kind in ('theaters', 'movies', 'screenings', 'tickets')),
  file_name         text not null,
  file_path         text not null,                -- where the bytes lie until the run is over
  file_bytes        bigint not null default 0,
  file_hash         text,                         -- SHA-256: a resume with other bytes is refused
  owns_file         boolean not null default false, -- uploaded to us, so ours to delete
  dry_run           boolean not null,
  stop_on_error     boolean not null default false,
  status            text not null default 'received' check (status in
                      ('received', 'planning', 'planned', 'applying', 'done', 'done_with_errors', 'refused',
                       'cancelled', 'undone')),
  understood        jsonb,
  staged            boolean not null default false, -- every row is read and lies in imports.staged
  row_count         integer not null default 0,
  rows_done         integer not null default 0,
  rows_per_second   double precision not null default 0,
  cursor_line       integer not null default 0,
  created_count     integer not null default 0,
  updated_count     integer not null default 0,
  unchanged_count   integer not null default 0,
  failed_in_reading integer not null default 0,
  failed_in_loading integer not null default 0,
  warning_count     integer not null default 0,
  entities          jsonb not null default '{}',
  refusal_code      text,
  refusal_message   text,
  cancel_requested  boolean not null default false,
  started_by        uuid,                         -- account; null from the command line
  created_at        timestamptz not null default now(),
  finished_at       timestamptz
);
create index runs_newest on imports.runs (created_at desc);
create index runs_unfinished on imports.runs (created_at) where finished_at is null;

create table imports.errors (
  run_id    uuid not null references imports.runs on delete cascade,
  error_no  bigint generated always as identity,
  phase     text not null check (phase in ('reading', 'loading')),
  line      integer not null,                     -- line of the sheet, the header is 1
  column_name text,
  code      text not null,
  severity  text not null check (severity in ('error', 'warning')),
  value     text,
  message   text not null,
  primary key (run_id, error_no)
);

-- What undo needs: the entity as it was before this run touched it.
create table imports.changes (
  run_id     uuid not null references imports.runs on delete cascade,
  change_no  bigint generated always as identity,
  entity     text not null check (entity in ('movie', 'theater', 'auditorium', 'screening', 'tickets')),
  entity_id  integer not null,
  action     text not null check (action in ('created', 'updated')),
  before     jsonb,
  primary key (run_id, change_no)
);
create index changes_entity on imports.changes (entity, entity_id);

-- Rows that were read and are well-formed, between reading and loading. Unlogged: after a crash of the
-- server it is empty, and the file is read again.
create unlogged table imports.staged (
  run_id  uuid not null,
  line    integer not null,
  record  jsonb not null
);
create index staged_run on imports.staged (run_id, line);

-- Screenings that a tickets file brings. Their tickets are written first, under a reserved number; the
-- screening row itself comes last, so nobody ever sees a screening with some of its tickets. Logged: after
-- a crash these rows are the only trace of the tickets that no screening owns yet.
create table imports.reserved_screenings (
  run_id        uuid not null,
  screening_id  integer not null,
  line          integer not null,                 -- first row of the file that names it
  rows_good     integer not null default 0,
  record        jsonb not null,
  primary key (run_id, screening_id)
);
