-- A run, with whether somebody is at work on it (they hold its advisory lock) and whether it left anything to undo.
create or replace view imports.run_facts as
  select r.*,
         exists (
           select from pg_locks l
           where l.locktype = 'advisory' and l.granted and l.objsubid = 1
             and ((l.classid::bigint << 32) | l.objid::bigint) = hashtextextended(r.run_id::text, 11)) as at_work,
         exists (select from imports.changes c where c.run_id = r.run_id) as has_changes
  from imports.runs r;
