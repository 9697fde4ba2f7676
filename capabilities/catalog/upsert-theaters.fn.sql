-- catalog.upsert_theaters(records, dry): creates or updates theaters by registry number, a whole chunk at once;
-- one row comes back per record. A blank (null) never erases what is known. `dry` decides and writes nothing.
-- Imports of one catalog run one after the other (advisory lock), so two files cannot create one theater twice.
create or replace function catalog.upsert_theaters(records jsonb, dry boolean)
  returns table (registry_no text, theater_id integer, outcome text, before jsonb)
  language plpgsql as $$
#variable_conflict use_column
begin
  if not dry then perform pg_advisory_xact_lock(7001003); end if;
  create temp table if not exists theaters_decided (
    registry_no text, theater_id integer, outcome text, before jsonb, given jsonb, slug text) on commit drop;
  truncate theaters_decided;
  insert into theaters_decided
  select g.value ->> 'registryNo', t.theater_id,
         case when t.theater_id is null then 'created'
              when coalesce(g.value ->> 'name', t.name) = t.name
               and coalesce(g.value ->> 'exhibitor', t.exhibitor) is not distinct from t.exhibitor
               and coalesce(g.value ->> 'city', t.city) = t.city
               and coalesce(g.value ->> 'state', t.state) = t.state
               and coalesce(g.value ->> 'district', t.district) is not distinct from t.district
               and coalesce(g.value ->> 'address', t.address) is not distinct from t.address
               and coalesce(g.value ->> 'postalCode', t.postal_code) is not distinct from t.postal_code
               and coalesce(g.value ->> 'website', t.website) is not distinct from t.website
               and coalesce(g.value ->> 'timeZone', t.time_zone) = t.time_zone
               and coalesce(g.value ->> 'status', t.status) = t.status then 'unchanged'
              else 'updated' end,
         to_jsonb(t), g.value, catalog.slug(g.value ->> 'name')
  from jsonb_array_elements(records) as g(value)
  left join catalog.theaters t on t.registry_no = g.value ->> 'registryNo';
  if not dry then
    insert into catalog.theaters (registry_no, slug, name, exhibitor, city, state, district, address, postal_code,
                                  website, time_zone, status)
    select d.registry_no,
           case when row_number() over (partition by d.slug order by d.registry_no) = 1
                 and not exists (select from catalog.theaters other where other.slug = d.slug)
                then d.slug else d.slug || '-' || catalog.slug(d.registry_no) end,
           given ->> 'name', given ->> 'exhibitor', given ->> 'city', given ->> 'state', given ->> 'district',
           given ->> 'address', given ->> 'postalCode', given ->> 'website',
           coalesce(given ->> 'timeZone', 'America/Sao_Paulo'), coalesce(given ->> 'status', 'open')
    from theaters_decided d where d.outcome = 'created';
    update catalog.theaters t
    set name = coalesce(d.given ->> 'name', t.name), exhibitor = coalesce(d.given ->> 'exhibitor', t.exhibitor),
        city = coalesce(d.given ->> 'city', t.city), state = coalesce(d.given ->> 'state', t.state),
        district = coalesce(d.given ->> 'district', t.district),
        address = coalesce(d.given ->> 'address', t.address),
        postal_code = coalesce(d.given ->> 'postalCode', t.postal_code),
        website = coalesce(d.given ->> 'website', t.website),
        time_zone = coalesce(d.given ->> 'timeZone', t.time_zone),
        status = coalesce(d.given ->> 'status', t.status), updated_at = now()
    from theaters_decided d where d.outcome = 'updated' and t.theater_id = d.theater_id;
  end if;
  return query
    select d.registry_no, coalesce(d.theater_id, t.theater_id), d.outcome,
           case when d.outcome = 'updated' then d.before end
    from theaters_decided d left join catalog.theaters t on t.registry_no = d.registry_no;
end $$;
