-- catalog.slug(value): the part of an address that names a movie or theater: 'Ação & Só' -> 'acao-so'.
create or replace function catalog.slug(value text) returns text
  language sql immutable parallel safe
  return coalesce(nullif(trim(both '-' from left(
    regexp_replace(catalog.fold(coalesce(value, '')), '[^a-z0-9]+', '-', 'g'), 80)), ''), 'x');
