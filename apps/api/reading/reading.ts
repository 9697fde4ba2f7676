import { parseProgrammeChange, PROGRAMME_CHANNEL } from '#capabilities/catalog';
import { createOccupancy, readScreening } from '#capabilities/holds';
import {
  keepProgramme,
  type KeptProgramme,
  listCities,
  listTheaters,
  type MovieQuery,
  movieKey,
  moviePage,
  readMovieBySlug,
  searchKey,
  searchMovies,
} from '#capabilities/search';
import type { SearchQuery } from '#contracts/catalog';
import type { Clock } from '#platform/clock';
import { listen } from '#platform/listener';
import type { Log } from '#platform/log';
import type { Database } from '#platform/postgres';
import { type Answer, answerUntil, createMemory, type Remembered } from '#platform/remember';
import { type LiveAnswerDeps, movieAnswer, screeningAnswer } from './live-answers.ts';

/**
 * What buyers read, from memory: right within 250 ms of a change, whichever process made it. `address` is the path and
 * query of the request as received; after the first answer `peek` knows it.
 */
export type Reading = {
  search(query: SearchQuery, address?: string): Promise<Remembered>;
  /** Null for a movie that does not exist. */
  movie(slug: string, query: MovieQuery, address?: string): Promise<Remembered | null>;
  cities(address?: string): Promise<Remembered>;
  theaters(city: string | undefined, address?: string): Promise<Remembered>;
  /** Null for a screening that does not exist. */
  screening(screeningId: number, address?: string): Promise<Remembered | null>;
  /** What may be answered right now, without waiting and without I/O; null for everything else. */
  peek(address: string): Remembered | null;
  /** Whether changes arrive; while false everything is checked with the database every 200 ms. */
  listening(): boolean;
  stats(): { pages: MemoryStats; screenings: MemoryStats; occupancy: { screenings: number; seats: number } };
  close(): Promise<void>;
};
type MemoryStats = ReturnType<ReturnType<typeof createMemory>['stats']>;

export type ReadingOptions = {
  db: Database;
  clock: Clock;
  log: Log;
  /** For tests of deafness: no listener is started, as if its connection never came. */
  deaf?: boolean;
  entriesMax?: number;
  bytesMax?: number;
};

const ENTRIES_MAX = 20_000;
/**
 * Searches and movie pages; screening pages have as much again. A search answer is 2 to 12 kB, a screening page counts
 * 72 kB: with 96 MB, 2,000 screenings on sale were read from the database again and again.
 */
const BYTES_MAX = 384 * 1024 * 1024;
const BEAT_MS = 100;
const DEAF_MS = 200;

export async function createReading(options: ReadingOptions): Promise<Reading> {
  const { db, clock, log } = options;
  const limits = { clock, entriesMax: options.entriesMax ?? ENTRIES_MAX, bytesMax: options.bytesMax ?? BYTES_MAX };
  const pages = createMemory(limits);
  const screenings = createMemory(limits);
  const ears = { programme: () => false, seats: () => false };
  const kept = keepProgramme({
    db,
    clock,
    log,
    listening: () => ears.programme(),
    onChange: () => pages.drop(),
  });
  const occupancy = createOccupancy({ db, clock, listening: () => ears.seats() });
  let beats = 0;
  const beat = setInterval(() => (beats += 1), BEAT_MS).unref();
  const live: LiveAnswerDeps = { occupancy, beat: () => beats, nowMs: () => kept.moment().nowMs };

  const hearProgramme = (payload: string) => {
    const change = parseProgrammeChange(payload);
    if (!change) return;
    if (change.table === 'screenings') occupancy.forget(change.ids);
    screenings.drop(new Set(change.ids.map((id) => `${change.table} ${id}`)));
    kept.changed(change);
  };
  const hearAgain = () => {
    occupancy.forget();
    screenings.drop();
    kept.heard();
  };
  const listeners = options.deaf
    ? []
    : await Promise.all([
        listen({
          db,
          channel: 'seat_changes',
          onMessage: (payload) => occupancy.hear(payload),
          onUp: () => occupancy.forget(),
          log,
        }),
        listen({ db, channel: PROGRAMME_CHANNEL, onMessage: hearProgramme, onUp: hearAgain, log }),
      ]);
  ears.seats = () => listeners[0]?.listening() ?? false;
  ears.programme = () => listeners[1]?.listening() ?? false;

  // The first reading (half a second of work for 10,000 screenings) is over before the process answers anybody.
  if (ears.programme()) await kept.fresh().catch((err: unknown) => log.warn({ err }, 'programme could not be read'));

  /** Remembered as long as the programme in memory may be answered from. */
  const page = async (key: string, address: string | undefined, make: () => Promise<Answer | null>) => {
    const found = await pages.answer(key, async () => {
      const answer = await make();
      return answer && { ...answer, at: (nowMs) => (kept.current() ? answer.at(nowMs) : null) };
    });
    if (found && address !== undefined) pages.name(key, address);
    return found;
  };

  return {
    search: async (query, address) => (await page(`search ${searchKey(query)}`, address, () => search(kept, query)))!,
    cities: async (address) =>
      (await page('cities', address, async () => timed(kept, listCities(await kept.fresh(), kept.moment()))))!,
    theaters: async (city, address) => {
      const make = async () => timed(kept, listTheaters(await kept.fresh(), city, kept.moment()));
      return (await page(`theaters ${city?.trim() ?? ''}`, address, make))!;
    },

    movie: (slug, query, address) =>
      page(`movie ${movieKey(slug, query)}`, address, async () => {
        const programme = await kept.fresh();
        const movie = programme.movieBySlug.get(slug) ?? (await readMovieBySlug(db, slug));
        if (!movie) return null;
        const made = moviePage(programme, movie, query, kept.moment());
        const free = await occupancy.read(made.screenings.map((screening) => screening.screeningId));
        return movieAnswer(live, made, free);
      }),

    screening: async (screeningId, address) => {
      const key = String(screeningId);
      const found = await screenings.answer(key, async () => {
        const askedMs = clock.now().getTime();
        await kept.fresh();
        const screening = await readScreening(db, screeningId);
        if (!screening) return null;
        const [free] = await occupancy.read([screeningId]);
        const answer = screeningAnswer(live, screening, free!);
        const sure = (nowMs: number) => ears.programme() || Math.abs(nowMs - askedMs) < DEAF_MS;
        return { ...answer, at: (nowMs) => (sure(nowMs) ? answer.at(nowMs) : null) };
      });
      if (found && address !== undefined) screenings.name(key, address);
      return found;
    },

    peek: (address) => pages.peekAddress(address) ?? screenings.peekAddress(address),
    listening: () => ears.programme() && ears.seats(),
    stats: () => ({ pages: pages.stats(), screenings: screenings.stats(), occupancy: occupancy.stats() }),
    close: async () => {
      clearInterval(beat);
      kept.close();
      await Promise.all(listeners.map((listener) => listener.close()));
    },
  };
}

async function search(kept: KeptProgramme, query: SearchQuery): Promise<Answer> {
  return timed(kept, searchMovies(await kept.fresh(), query, kept.moment()));
}

/** Ends at a moment of the database clock; with it ends every answer of that day. */
function timed(kept: KeptProgramme, made: { answer: unknown; untilMs: number }): Answer {
  const answer = answerUntil(made.answer);
  return { ...answer, at: () => (kept.moment().nowMs < made.untilMs ? answer.first : null) };
}
