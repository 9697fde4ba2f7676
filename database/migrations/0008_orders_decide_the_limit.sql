-- why: a hold writes its tickets and one order, and nothing else. What a person has of a screening is counted from the
--      orders, whose ids begin with the person (platform/ids.ts, docs/decisions/0020), so the tallies go; the key of a
--      request stands in the order that it made, so its answer is no second row; what was bought stands in arrays
--      instead of JSON. 133 microseconds of PostgreSQL an order became 25 (docs/reference/performance.md).
-- locks: orders.orders, exclusively, while it is rewritten.
-- safe with the running release: no; pause sales. Orders of before keep their ids and do not count for the limit of
--      screenings that are on sale at that moment.
-- Up Migration

drop view if exists orders.views;
drop function if exists holds.hold_seats(
  integer[], uuid[], uuid[], bytea[], text[], bytea[], uuid[], boolean[],
  integer[], integer[], smallint[], holds.ticket_kind[], integer, uuid);
drop function if exists holds.uncount(integer[], bytea[], uuid[]);

alter table orders.orders rename to orders_before;
alter table orders.orders_before rename constraint orders_pkey to orders_before_pkey;
drop index orders.orders_buyer;
drop index orders.orders_created;

create table orders.orders (
  screening_id     integer not null,
  order_id         uuid not null,                 -- screening, buyer and serial number: platform/ids.ts
  buyer_id         uuid not null,
  correlation_id   uuid not null,
  key_hash         bigint not null,               -- of the Idempotency-Key that made it
  body_hash        bigint not null,               -- of the request under that key
  created_at       timestamptz not null default now(),
  held_until       timestamptz not null,          -- what the buyer was told, and is told again under the same key
  seats_until      timestamptz not null,          -- how long the seats are kept, and count: payments get a little longer
  paid_at          timestamptz,
  ended_at         timestamptz,
  tickets_cents    integer not null,
  fee_cents        integer not null,
  total_cents      integer not null check (total_cents = tickets_cents + fee_cents),
  fee_basis_points smallint not null,
  seat_count       smallint not null check (seat_count between 1 and 10),
  state            orders.order_state not null,
  buyer_key        bytea not null,
  -- One element per seat, in the order of the seats; price_cents is the full price. orders.lines() shows them as JSON.
  seat_nos         smallint[] not null,
  kinds            holds.ticket_kind[] not null,
  price_cents      integer[] not null,
  first_kinds      holds.ticket_kind[],           -- as first answered, once the buyer has changed them
  primary key (screening_id, order_id)
) with (fillfactor = 70);

insert into orders.orders
select o.screening_id, o.order_id, o.buyer_id, o.correlation_id, 0, 0, o.created_at, o.held_until,
       o.held_until + case when o.state = 'awaiting_payment' then interval '60 seconds' else interval '0' end,
       o.paid_at, o.ended_at, o.tickets_cents, o.fee_cents, o.total_cents, s.fee_basis_points, o.seat_count, o.state,
       o.buyer_key, l.nos, l.kinds, l.prices, null
  from orders.orders_before o
  join screenings.screenings s on s.screening_id = o.screening_id
  cross join lateral (
    select array_agg(e."seatNo" order by e."seatNo") as nos, array_agg(e.kind order by e."seatNo") as kinds,
           array_agg(e."priceCents" order by e."seatNo") as prices
      from jsonb_to_recordset(o.lines) as e("seatNo" smallint, kind holds.ticket_kind, "priceCents" integer)) as l;
drop table orders.orders_before;
create index orders_buyer on orders.orders (buyer_id, created_at desc);
create index orders_created on orders.orders using brin (created_at) with (pages_per_range = 16);

-- What was refused stays refused under the same key. order_id is the first that this buyer could have of the screening.
create table holds.refusals (
  screening_id    integer not null,
  order_id        uuid not null,
  key_hash        bigint not null,
  body_hash       bigint not null,
  answer          text not null,
  created_at      timestamptz not null default now(),
  primary key (screening_id, order_id, key_hash)
);
create index refusals_created on holds.refusals using brin (created_at);

-- Half-price tickets promised of a screening: never fewer than there are. Holds that ended are taken off only when the
-- number reaches the quota, by counting the tickets anew.
create table holds.quotas (
  screening_id  integer primary key,
  promised      integer not null check (promised >= 0)
) with (fillfactor = 50);

drop table holds.tallies;
delete from idempotency.answers where status = 0;
