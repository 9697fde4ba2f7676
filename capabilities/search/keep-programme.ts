import { type ProgrammeChange, type ProgrammeTable, PROGRAMME_TABLES } from '#capabilities/catalog';
import type { Clock } from '#platform/clock';
import type { Log } from '#platform/log';
import type { Database } from '#platform/postgres';
import type { Moment } from './filters.ts';
import { createProgramme, type Programme } from './programme.ts';
import {
  type DatabaseTime,
  readAllMovies,
  readAllScreenings,
  readDatabaseTime,
  readMark,
  readMoviesById,
  readScreeningsById,
  readScreeningsByPlace,
  readTheaters,
} from './programme-rows.ts';

export type KeptProgramme = {
  /**
   * What is in memory, if it may be answered from now: nothing has changed, or it was told less than 200 ms ago and is
   * being read. Null: wait for `fresh`.
   */
  current(): Programme | null;
  /** The same, waiting for what is being read. A fault of the database is thrown. */
  fresh(): Promise<Programme>;
  /** What a notice told. */
  changed(change: ProgrammeChange): void;
  /** Notices arrive (again), and some may have been missed: everything is read. */
  heard(): void;
  /** Now, as the database sees it. */
  moment(): Moment;
  close(): void;
};

export type KeptProgrammeOptions = {
  db: Database;
  clock: Clock;
  log: Log;
  /** Whether notices arrive. While false, the database is asked every 200 ms whether anything is another. */
  listening(): boolean;
  /** Called when the content has become another. */
  onChange(): void;
};

/** Old answers are given at most this long after a change was told, or was last known not to have happened. */
const OLD_MAX_MS = 200;
// Chunks of an import are read together, so that a burst costs ten reads a second, not one a chunk.
const READ_EVERY_MS = 100;
const RETRY_MS = 250;
// Beyond this many rows one reading of everything is cheaper.
const ROWS_BY_ID_MAX = 5_000;

type Dirty = Record<ProgrammeTable, Set<number>>;

const nothing = (): Dirty => Object.fromEntries(PROGRAMME_TABLES.map((table) => [table, new Set<number>()])) as Dirty;

/** The programme of one process, kept right by notices. Reads nothing before the first `heard` or `fresh`. */
export function keepProgramme(options: KeptProgrammeOptions): KeptProgramme {
  const { db, clock, log } = options;
  const programme = createProgramme();
  const now = () => clock.now().getTime();
  let time: (DatabaseTime & { aheadMs: number }) | null = null;
  let mark: string | null = null;
  // Whether every change since the last reading was heard.
  let trusted = false;
  // How often notices began to arrive.
  let upCount = 0;
  let checkedAtMs = -Infinity;
  let dirty: Dirty | 'all' = 'all';
  let dirtySinceMs: number | null = null;
  // When the first of the changes was told that are being read now.
  let readingSinceMs: number | null = null;
  let reading: Promise<void> | null = null;
  let readAtMs = -Infinity;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  const moment = (): Moment => ({
    nowMs: now() - (time?.aheadMs ?? 0),
    today: time?.today ?? '',
    dayEndsMs: time?.dayEndsMs ?? 0,
  });
  const within = (sinceMs: number) => Math.abs(now() - sinceMs) < OLD_MAX_MS;

  const current = (): Programme | null => {
    if (!time || moment().nowMs >= time.dayEndsMs) return null;
    if (!trusted || !options.listening()) return within(checkedAtMs) ? programme : null;
    const oldSinceMs = readingSinceMs ?? dirtySinceMs;
    return oldSinceMs === null || within(oldSinceMs) ? programme : null;
  };

  const readAll = async () => {
    // Notices of what commits from here on make it dirty again; the mark is older than the rows, never newer.
    const freshTime = await readDatabaseTime(db);
    const freshMark = await readMark(db);
    const [movies, theaters, screenings] = [
      await readAllMovies(db),
      await readTheaters(db, null),
      await readAllScreenings(db),
    ];
    programme.replace({ movies, theaters, screenings });
    mark = freshMark;
    time = { ...freshTime, aheadMs: now() - freshTime.nowMs };
  };

  /** One reading; `was` is what it makes right. Whatever is told meanwhile is left for the next. */
  const read = async (): Promise<void> => {
    const [was, sinceMs, heardSince] = [dirty, dirtySinceMs, upCount];
    const startedMs = now();
    dirty = nothing();
    dirtySinceMs = null;
    readingSinceMs = sinceMs;
    try {
      if (was === 'all') await readAll();
      else programme.apply(await readDirty(db, programme, was));
      if (was === 'all') trusted = upCount > 0 && heardSince === upCount;
      checkedAtMs = startedMs;
      readAtMs = now();
      options.onChange();
    } catch (error) {
      dirty = 'all';
      dirtySinceMs = sinceMs ?? startedMs;
      throw error;
    } finally {
      readingSinceMs = null;
    }
  };
  const readOnce = (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    reading ??= read().finally(() => {
      reading = null;
      if (dirtySinceMs !== null) readSoon(READ_EVERY_MS);
    });
    return reading;
  };
  const readSoon = (inMs: number) => {
    if (closed || reading) return;
    timer ??= setTimeout(() => {
      timer = undefined;
      readOnce().catch((error: unknown) => {
        log.warn({ err: error }, 'programme could not be read');
        readSoon(RETRY_MS);
      });
    }, inMs).unref();
  };

  /** Deaf: everything is read again only if a row of the programme is another. */
  const check = async () => {
    const startedMs = now();
    const found = await readMark(db);
    if (found === mark) checkedAtMs = startedMs;
    else {
      dirty = 'all';
      await readOnce();
    }
  };
  let checking: Promise<void> | null = null;

  const fresh = async (): Promise<Programme> => {
    if (current()) return programme;
    if (reading) await reading;
    if (current()) return programme;
    // What is begun from here on is as new as the question, however long it takes.
    const dayOver = !time || moment().nowMs >= time.dayEndsMs;
    if (dayOver) dirty = 'all';
    if (dayOver || dirtySinceMs !== null) await readOnce();
    else await (checking ??= check().finally(() => (checking = null)));
    return programme;
  };

  return {
    current,
    fresh,
    moment,
    changed: ({ table, ids }) => {
      dirtySinceMs ??= now();
      if (dirty !== 'all') {
        for (const id of ids) dirty[table].add(id);
        if (dirty[table].size > ROWS_BY_ID_MAX) dirty = 'all';
      }
      readSoon(now() - readAtMs >= READ_EVERY_MS ? 0 : READ_EVERY_MS);
    },
    heard: () => {
      upCount += 1;
      trusted = false;
      dirty = 'all';
      dirtySinceMs ??= now();
      readSoon(0);
    },
    close: () => {
      closed = true;
      clearTimeout(timer);
    },
  };
}

/** The rows that were told, and what hangs on them: the movies of screenings, the screenings of places. */
async function readDirty(db: Database, programme: Programme, dirty: Dirty) {
  const screenings = await readScreeningsById(db, [...dirty.screenings]);
  if (dirty.theaters.size + dirty.auditoriums.size > 0)
    screenings.push(...(await readScreeningsByPlace(db, [...dirty.theaters], [...dirty.auditoriums])));
  const movies = new Set(dirty.movies);
  const theaters = new Set(dirty.theaters);
  // A movie comes with its first screening and goes with its last.
  for (const id of dirty.screenings)
    if (programme.screenings.has(id)) movies.add(programme.screenings.get(id)!.movieId);
  for (const row of screenings) {
    movies.add(row.movieId);
    if (!programme.theaters.has(row.theaterId)) theaters.add(row.theaterId);
  }
  return {
    movies: movies.size > 0 ? await readMoviesById(db, [...movies]) : [],
    theaters: theaters.size > 0 ? await readTheaters(db, [...theaters]) : [],
    screenings,
    asked: { movies, theaters, screenings: dirty.screenings },
  };
}
