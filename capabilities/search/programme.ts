import { fold } from './fold.ts';
import { createTitleIndex, type TitleIndex } from './match-titles.ts';
import type { MovieRow, ScreeningRow, TheaterRow } from './programme-rows.ts';

export type Theater = TheaterRow & { foldedCity: string; rank: number };

/** Everything that can be seen now or later, in memory; what search and movie pages are made of. */
export type Programme = {
  readonly movies: ReadonlyMap<number, MovieRow>;
  readonly movieBySlug: ReadonlyMap<string, MovieRow>;
  readonly theaters: ReadonlyMap<number, Theater>;
  readonly screenings: ReadonlyMap<number, ScreeningRow>;
  /** Movie → its screenings, in no order. */
  readonly screeningsOf: ReadonlyMap<number, readonly ScreeningRow[]>;
  readonly titles: Pick<TitleIndex, 'match'>;
  /** Where a movie stands by title, or a theater by city and name: to sort without comparing letters. */
  titleRank(movieId: number): number;
};

export type ProgrammeRows = { movies: MovieRow[]; theaters: TheaterRow[]; screenings: ScreeningRow[] };

/** Rows read again. Whatever `asked` names and is not among the rows is gone. */
export type ReadAgain = ProgrammeRows & {
  asked: { movies: Iterable<number>; theaters: Iterable<number>; screenings: Iterable<number> };
};

// As people sort, and the same on every machine.
const words = new Intl.Collator('pt-BR');

/** 10,000 movies with 10,000 screenings are about 25 MB. */
export function createProgramme(): Programme & { replace(rows: ProgrammeRows): void; apply(again: ReadAgain): void } {
  const movies = new Map<number, MovieRow>();
  const movieBySlug = new Map<string, MovieRow>();
  const theaters = new Map<number, Theater>();
  const screenings = new Map<number, ScreeningRow>();
  const screeningsOf = new Map<number, ScreeningRow[]>();
  const titles = createTitleIndex();
  let titleRanks: Map<number, number> | null = null;

  const removeMovie = (movieId: number) => {
    const known = movies.get(movieId);
    if (!known) return;
    movies.delete(movieId);
    if (movieBySlug.get(known.slug) === known) movieBySlug.delete(known.slug);
    titles.remove(movieId);
    titleRanks = null;
  };
  const setMovie = (row: MovieRow) => {
    const known = movies.get(row.movieId);
    if (known && movieBySlug.get(known.slug) === known) movieBySlug.delete(known.slug);
    if (known?.title !== row.title) titleRanks = null;
    movies.set(row.movieId, row);
    movieBySlug.set(row.slug, row);
    titles.set(row.movieId, row.title, row.originalTitle);
  };
  const removeScreening = (screeningId: number) => {
    const known = screenings.get(screeningId);
    if (!known) return;
    screenings.delete(screeningId);
    const left = screeningsOf.get(known.movieId)!.filter((each) => each !== known);
    if (left.length > 0) screeningsOf.set(known.movieId, left);
    else screeningsOf.delete(known.movieId);
  };
  const setScreening = (row: ScreeningRow) => {
    removeScreening(row.screeningId);
    screenings.set(row.screeningId, row);
    const siblings = screeningsOf.get(row.movieId);
    if (siblings) siblings.push(row);
    else screeningsOf.set(row.movieId, [row]);
  };
  const setTheaters = (rows: TheaterRow[]) => {
    for (const row of rows) theaters.set(row.theaterId, { ...row, foldedCity: fold(row.city), rank: 0 });
    const sorted = [...theaters.values()].sort(
      (a, b) => words.compare(a.city, b.city) || words.compare(a.name, b.name) || a.theaterId - b.theaterId,
    );
    sorted.forEach((theater, rank) => (theater.rank = rank));
  };

  return {
    movies,
    movieBySlug,
    theaters,
    screenings,
    screeningsOf,
    titles,
    titleRank: (movieId) => (titleRanks ??= rankTitles(movies)).get(movieId) ?? 0,

    replace(rows) {
      const kept = new Set(rows.movies.map((row) => row.movieId));
      for (const movieId of movies.keys()) if (!kept.has(movieId)) removeMovie(movieId);
      for (const row of rows.movies) setMovie(row);
      theaters.clear();
      setTheaters(rows.theaters);
      screenings.clear();
      screeningsOf.clear();
      for (const row of rows.screenings) setScreening(row);
    },

    apply({ asked, ...rows }) {
      const here = new Set(rows.movies.map((row) => row.movieId));
      for (const movieId of asked.movies) if (!here.has(movieId)) removeMovie(movieId);
      for (const row of rows.movies) setMovie(row);
      for (const theaterId of asked.theaters) theaters.delete(theaterId);
      if (rows.theaters.length > 0) setTheaters(rows.theaters);
      for (const screeningId of asked.screenings) removeScreening(screeningId);
      for (const row of rows.screenings) setScreening(row);
    },
  };
}

function rankTitles(movies: ReadonlyMap<number, MovieRow>): Map<number, number> {
  const sorted = [...movies.values()].sort((a, b) => words.compare(a.title, b.title) || a.movieId - b.movieId);
  return new Map(sorted.map((movie, rank) => [movie.movieId, rank]));
}
