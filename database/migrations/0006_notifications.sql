-- why: e-mail to people: one row per mail, its state for the operator, sent once.
-- locks: none, every table is new.
-- safe with the running release: yes
-- Up Migration

create schema notifications;

create table notifications.emails (
  email_id         uuid primary key,
  template         text not null,
  subject_key      text not null,                 -- what it is about: an order, a code; once per template
  -- Whom: an account (its address is read when the mail leaves) or, before there is one, a bare address.
  account_id       uuid,
  recipient        text,
  locale           text not null check (locale in ('pt-BR', 'en')),
  data             jsonb not null default '{}',   -- ids and plain facts; emptied once sent
  state            text not null default 'queued' check (state in ('queued', 'sending', 'sent', 'failed')),
  attempts         smallint not null default 0,
  next_attempt_at  timestamptz not null default now(),
  last_error       text,
  correlation_id   uuid not null,
  created_at       timestamptz not null default now(),
  sent_at          timestamptz,
  unique (template, subject_key),
  check ((state = 'sent') = (sent_at is not null))
);
create index emails_due on notifications.emails (next_attempt_at) where state in ('queued', 'sending');
create index emails_account on notifications.emails (account_id);
create index emails_created on notifications.emails (created_at desc);
