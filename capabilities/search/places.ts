import type { City, TheaterCard } from '#contracts/catalog';
import { createSieve, type Moment, parseCity } from './filters.ts';
import type { Programme } from './programme.ts';

const THEATERS_MAX = 500;

/** Cities that have a theater, those with the most screenings first. */
export function listCities(programme: Programme, moment: Moment): { answer: City[]; untilMs: number } {
  const { counts, untilMs } = countByTheater(programme, moment);
  const cities = new Map<string, City & { first: number }>();
  for (const theater of programme.theaters.values()) {
    if (theater.closed) continue;
    const name = `${theater.city}, ${theater.state}`;
    const city = cities.get(name) ?? { city: name, theaterCount: 0, screeningCount: 0, first: theater.rank };
    cities.set(name, city);
    city.theaterCount += 1;
    city.screeningCount += counts.get(theater.theaterId) ?? 0;
    city.first = Math.min(city.first, theater.rank);
  }
  const sorted = [...cities.values()].sort(
    (a, b) => b.screeningCount - a.screeningCount || a.first - b.first || (a.city < b.city ? -1 : 1),
  );
  return { answer: sorted.map(({ first: _first, ...city }) => city), untilMs };
}

/** Theaters of a city, those with screenings first; at most 500. */
export function listTheaters(
  programme: Programme,
  cityText: string | undefined,
  moment: Moment,
): { answer: TheaterCard[]; untilMs: number } {
  const { city, state } = parseCity(cityText);
  const { counts, untilMs } = countByTheater(programme, moment);
  const found = [...programme.theaters.values()].filter(
    (theater) =>
      !theater.closed && (city === null || theater.foldedCity === city) && (state === null || theater.state === state),
  );
  const shown = (theaterId: number) => Number((counts.get(theaterId) ?? 0) > 0);
  found.sort((a, b) => shown(b.theaterId) - shown(a.theaterId) || words.compare(a.name, b.name) || a.rank - b.rank);
  const answer = found.slice(0, THEATERS_MAX).map(({ closed: _c, foldedCity: _f, rank: _r, ...theater }) => ({
    ...theater,
    screeningCount: counts.get(theater.theaterId) ?? 0,
  }));
  return { answer, untilMs };
}

const words = new Intl.Collator('pt-BR');

function countByTheater(programme: Programme, moment: Moment) {
  const sieve = createSieve(programme, {}, moment);
  const counts = new Map<number, number>();
  for (const screening of programme.screenings.values())
    if (sieve.lets(screening)) counts.set(screening.theaterId, (counts.get(screening.theaterId) ?? 0) + 1);
  return { counts, untilMs: sieve.until() };
}
