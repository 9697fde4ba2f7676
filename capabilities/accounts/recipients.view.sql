-- What notifications may know of a person: where to write, in which language, by which name.
create or replace view accounts.recipients as
  select account_id, email, name, locale from accounts.accounts where erased_at is null;
