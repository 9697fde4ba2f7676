-- why: the worker finds orders whose time ran out without an index on state, which would end HOT updates of the
--      hottest rows. Orders are inserted in the order of time, so a BRIN is exact enough and costs an insert nothing.
-- locks: none that matter, the table is young.
-- safe with the running release: yes
-- Up Migration

create index orders_created on orders.orders using brin (created_at) with (pages_per_range = 16);
