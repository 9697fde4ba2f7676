-- why: what we asked of a payment provider, what it told us, what we gave back.
-- locks: none, new tables.
-- safe with the running release: yes
-- Up Migration

create schema payments;

create type payments.attempt_state as enum
  ('created', 'submitted', 'requires_action', 'captured', 'failed', 'cancelled', 'expired', 'unknown');
create type payments.refund_state as enum ('created', 'pending', 'succeeded', 'failed', 'cancelled');

-- One attempt to pay one order once. Written and committed before the provider is called, so that a crash
-- leaves a trace that the reconciler can follow. attempt_id carries its screening (platform/ids.ts).
create table payments.attempts (
  screening_id          integer not null,
  attempt_id            uuid not null,
  order_id              uuid not null,
  buyer_id              uuid not null,
  provider              text not null check (provider in ('stripe', 'paypal', 'none')),
  method                text not null check (method in ('card', 'pix', 'paypal', 'none')),
  amount_cents          integer not null check (amount_cents >= 0),
  currency              char(3) not null default 'BRL',
  state                 payments.attempt_state not null,
  idempotency_key       text not null,
  request               jsonb not null default '{}',  -- what the first call said and a repeat must say again
  provider_payment_id   text,                         -- PaymentIntent, or PayPal order
  provider_capture_id   text,                         -- charge, or PayPal capture
  resume                jsonb not null default '{}',  -- {clientSecret, pix, paypalOrderId}: the page goes on with it
  failure_code          text,
  captured_cents        integer,
  captured_currency     char(3),
  -- What the captured money did: 'paid' for the order, or why it goes back by itself.
  fulfilment            text check (fulfilment in
    ('paid', 'already_paid', 'seats_gone', 'amount_mismatch', 'order_unknown', 'refunded_before')),
  capture_no            smallint not null default 0,  -- PayPal: how many times a capture was asked for
  capturing_since       timestamptz,                  -- PayPal: a capture call may be on its way
  cancelling_since      timestamptz,
  pay_until             timestamptz not null,         -- the hold that the buyer sees; afterwards it is cancelled
  checks                smallint not null default 0,
  next_check_at         timestamptz not null,
  correlation_id        uuid not null,
  created_at            timestamptz not null default now(),
  updated_at            timestamptz not null default now(),
  captured_at           timestamptz,
  primary key (screening_id, attempt_id),
  check ((state = 'captured') = (captured_at is not null)),
  check ((state = 'captured') = (fulfilment is not null))
);
create unique index attempts_active on payments.attempts (screening_id, order_id)
  where state in ('created', 'submitted', 'requires_action', 'unknown');
create index attempts_order on payments.attempts (screening_id, order_id, created_at);
create unique index attempts_key on payments.attempts (screening_id, idempotency_key);
create unique index attempts_payment on payments.attempts (screening_id, provider, provider_payment_id);
create unique index attempts_capture on payments.attempts (screening_id, provider, provider_capture_id);
create index attempts_due on payments.attempts (next_check_at)
  where state in ('created', 'submitted', 'requires_action', 'unknown');

create table payments.refunds (
  screening_id        integer not null,
  refund_id           uuid not null,
  attempt_id          uuid not null,
  order_id            uuid not null,
  provider            text not null,
  amount_cents        integer not null check (amount_cents > 0),
  state               payments.refund_state not null,
  reason              text not null,                  -- 'seats_gone', …, 'external', or what staff chose
  automatic           boolean not null default false,
  idempotency_key     text not null,
  provider_refund_id  text,
  requested_by        uuid,
  failure_code        text,
  checks              smallint not null default 0,
  next_check_at       timestamptz not null default now(),
  correlation_id      uuid not null,
  created_at          timestamptz not null default now(),
  updated_at          timestamptz not null default now(),
  primary key (screening_id, refund_id),
  foreign key (screening_id, attempt_id) references payments.attempts
);
create index refunds_attempt on payments.refunds (screening_id, attempt_id);
create unique index refunds_key on payments.refunds (screening_id, idempotency_key);
create unique index refunds_provider_id on payments.refunds (screening_id, provider, provider_refund_id);
create index refunds_due on payments.refunds (next_check_at) where state in ('created', 'pending');

-- Every verified event, for ever: the second arrival finds the first. Events come before we know whose they
-- are, so this is the one table that does not begin with the screening.
create table payments.provider_events (
  provider       text not null check (provider in ('stripe', 'paypal')),
  event_id       text not null,
  event_type     text not null,
  raw_body       text not null,
  received_at    timestamptz not null default now(),
  processed_at   timestamptz,
  result         text,
  tries          smallint not null default 0,
  next_try_at    timestamptz not null default now(),
  primary key (provider, event_id)
);
create index provider_events_waiting on payments.provider_events (next_try_at) where processed_at is null;
