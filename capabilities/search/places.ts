import type { City, TheaterCard } from '#contracts/catalog';
import type { Queryable } from '#platform/postgres';
import { parseCity } from './filters.ts';
import { CITIES, THEATERS } from './queries.ts';

/** Cities that have a theater, those with the most screenings first. */
export function listCities(db: Queryable): Promise<City[]> {
  return db.rows<City>(CITIES);
}

/** Theaters of a city, those with screenings first; at most 500. */
export function listTheaters(db: Queryable, city: string | undefined): Promise<TheaterCard[]> {
  const place = parseCity(city);
  return db.rows<TheaterCard>(THEATERS, [place.city, place.state]);
}
