-- why: the seats of a screening that ended long ago move out of the hot table into one row; what was bought of it
--      stands in its orders already.
-- locks: none, the table is new.
-- safe with the running release: yes
-- Up Migration

-- What a screening had for sale, once nothing of it can be sold, changed or paid any more: about 1.3 kB instead of
-- 200 rows with 20 kB. Sold seats are not told apart here: the lines of its paid orders say which, so that a late
-- refund has nothing to change.
create table holds.archived_screenings (
  screening_id  integer primary key,
  seat_nos      smallint[] not null,              -- every ticket that was registered
  price_cents   integer[] not null,               -- the full price, by seat
  blocked_nos   smallint[] not null,
  archived_at   timestamptz not null default now(),
  check (cardinality(seat_nos) = cardinality(price_cents))
);
