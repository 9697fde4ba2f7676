-- why: people: accounts, the CPF vault, sessions, one-time codes, staff credentials, and the limits that stop guessing.
-- locks: none, every table is new.
-- safe with the running release: yes
-- Up Migration

create schema accounts;

create table accounts.accounts (
  account_id  uuid primary key,
  email       text unique,                        -- lower case; null once erased
  name        text check (length(name) between 2 and 120),
  role        text not null default 'buyer' check (role in ('buyer', 'usher', 'manager', 'administrator')),
  locale      text not null default 'pt-BR' check (locale in ('pt-BR', 'en')),
  -- Keyed HMAC of the CPF. Unique: one account per CPF is decided here and nowhere else.
  buyer_key   bytea unique check (length(buyer_key) = 16),
  created_at  timestamptz not null default now(),
  erased_at   timestamptz,
  check (email is not null or erased_at is not null)
);

-- The only place where the number itself lies: AES-256-GCM, bound to its account, key id in the envelope.
create table accounts.cpf_vault (
  account_id  uuid primary key references accounts.accounts,
  sealed_cpf  bytea not null,
  bound_at    timestamptz not null default now()
);

-- What proves that somebody is staff. A secret counts only once a code made with it was shown (confirmed).
create table accounts.staff_credentials (
  account_id         uuid primary key references accounts.accounts,
  password_hash      text not null,               -- argon2id, PHC string
  sealed_totp        bytea,
  totp_confirmed_at  timestamptz,
  totp_last_step     bigint,                      -- the newest 30-second step used: a code works once
  updated_at         timestamptz not null default now(),
  check (totp_confirmed_at is null or sealed_totp is not null)
);

-- Of a token only its SHA-256 is kept. `awaiting` is what is still to be shown before the session counts.
create table accounts.sessions (
  session_id    uuid primary key,
  token_hash    bytea not null unique check (length(token_hash) = 32),
  account_id    uuid not null references accounts.accounts,
  strength      text not null check (strength in ('code', 'second_factor')),
  awaiting      text check (awaiting in ('totp', 'enrol')),
  sign_in_key   bytea,                            -- SHA-256 of the keyed request that made it, see sessions.ts
  device        text not null,
  created_at    timestamptz not null default now(),
  rotated_at    timestamptz not null default now(),
  last_seen_at  timestamptz not null default now(),
  idle_seconds  integer not null check (idle_seconds > 0),
  expires_at    timestamptz not null,
  check (awaiting is null or strength = 'second_factor')
);
create index sessions_account on accounts.sessions (account_id);
create unique index sessions_sign_in_key on accounts.sessions (sign_in_key);
create index sessions_expiry on accounts.sessions (expires_at);

-- One live code per address. The code is a keyed HMAC: six digits under a bare hash are guessed in a second.
create table accounts.sign_in_codes (
  email       text primary key,
  code_id     uuid not null,
  code_hash   bytea not null,
  locale      text not null check (locale in ('pt-BR', 'en')),
  tries       smallint not null default 0,
  created_at  timestamptz not null default now(),
  expires_at  timestamptz not null
);
create index sign_in_codes_expiry on accounts.sign_in_codes (expires_at);

-- Attempts in a window, counted by the database so that several processes share one count. The subject (an
-- address, an e-mail) is a keyed HMAC: this table says nothing about anybody.
create table accounts.attempts (
  bucket      bytea primary key,
  count       integer not null,
  ends_at     timestamptz not null
);
create index attempts_end on accounts.attempts (ends_at);
