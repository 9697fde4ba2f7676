import type { Format, Language, Rating } from '#contracts/catalog';
import {
  type AuditoriumRecord,
  type MovieRecord,
  type TheaterRecord,
  upsertAuditoriums,
  upsertMovies,
  upsertTheaters,
} from '#capabilities/catalog';
import { registerScreenings, type ScreeningRecord } from '#capabilities/screenings';
import type { Database, Transaction } from '#platform/postgres';
import { sql } from '#platform/sql';
import { centsOf, listOf, readTable } from './read-table.ts';

const DAYS_BEFORE = 1;
const DAYS_AFTER = 9;
/** Screenings in one transaction: a few hundred thousand ticket rows at most. */
const CHUNK = 200;

/** `screenings` are the ones to be seen, `created` the new ones among them. */
export type DemoLoaded = { movies: number; auditoriums: number; screenings: number; created: number };

/**
 * The demo programme: films in the public domain and theaters that do not exist, with screenings from yesterday to
 * nine days ahead. The same day again changes nothing; the next day adds one day.
 */
export async function loadDemo(db: Database, options: { theatersMax?: number } = {}): Promise<DemoLoaded> {
  const today = (await db.row<{ day: string }>(TODAY))!.day;
  const movies = (await readTable('movies.csv')).map((row) => movieRecord(row, today));
  const rows = await readTable('theaters.csv');
  const all = [...new Set(rows.map((row) => row['codigo_cinema']!))];
  const codes = new Set(all.slice(0, options.theatersMax));
  const halls = rows.filter((row) => codes.has(row['codigo_cinema']!));
  await db.transaction(async (tx) => {
    await upsertMovies(tx, movies);
    const theaters = new Map(halls.map((row) => [row['codigo_cinema']!, theaterRecord(row)]));
    await upsertTheaters(tx, [...theaters.values()]);
    await upsertAuditoriums(tx, halls.map(auditoriumRecord));
  });
  const known = new Set(halls.map((row) => row['codigo_sala']!));
  const slots = (await readTable('programme.csv')).filter((row) => known.has(row['codigo_sala']!));
  const screenings = programme(slots, today);
  const loaded = { movies: movies.length, auditoriums: halls.length, screenings: 0, created: 0 };
  for (let at = 0; at < screenings.length; at += CHUNK) {
    const chunk = await db.transaction((tx) => registerChunk(tx, screenings.slice(at, at + CHUNK)));
    loaded.screenings += chunk.screenings;
    loaded.created += chunk.created;
  }
  return loaded;
}

/** What a start says of it: the first one on a database, another one on the same day, one on a later day. */
export function demoInWords({ screenings, created }: Pick<DemoLoaded, 'screenings' | 'created'>): string {
  if (created === screenings) return `${screenings} screenings, all new`;
  return `${screenings} screenings, ${created === 0 ? 'all there already' : `${created} of them new`}`;
}

type PlannedScreening = { record: ScreeningRecord; opensDaysBefore: number | null };

async function registerChunk(
  tx: Transaction,
  planned: PlannedScreening[],
): Promise<Pick<DemoLoaded, 'screenings' | 'created'>> {
  const answers = await registerScreenings(
    tx,
    planned.map(({ record }) => record),
  );
  const created = answers.filter((answer) => answer.outcome === 'created');
  const opensOf = new Map(planned.map(({ record, opensDaysBefore }) => [record.line, opensDaysBefore]));
  const later = created.flatMap((answer) => {
    const days = opensOf.get(answer.line);
    return days ? [{ id: answer.screeningId!, days }] : [];
  });
  await tx.rows(OPEN_LATER, [later.map(({ id }) => id), later.map(({ days }) => days)]);
  // A slot that is left out, because the film before it still runs, is no screening: counted among them, it would look
  // like one that was there before.
  return { screenings: answers.filter((answer) => answer.code === null).length, created: created.length };
}

/**
 * Every slot on every day; slots with several films take turns by day. Where a film is too long for its slot, the next
 * slot of that day is left out.
 */
function programme(slots: Record<string, string>[], today: string): PlannedScreening[] {
  const planned: PlannedScreening[] = [];
  for (let offset = -DAYS_BEFORE; offset <= DAYS_AFTER; offset += 1) {
    const day = dayAfter(today, offset);
    const turn = Date.parse(day) / 86_400_000;
    for (const slot of slots) {
      const films = listOf(slot['filmes'], '|');
      const features = listOf(slot['recursos'], '|');
      const time = slot['hora']!;
      planned.push({
        opensDaysBefore: slot['abre_antes_de_dias'] ? Number(slot['abre_antes_de_dias']) : null,
        record: {
          line: planned.length + 1,
          auditorium: slot['codigo_sala']!,
          movie: films[turn % films.length]!,
          // The midnight show of a cinema day stands in the calendar one day later.
          day: time < '04:00' ? dayAfter(day, 1) : day,
          time,
          priceCents: centsOf(slot['preco']!),
          language: slot['idioma'] as Language,
          format: slot['formato'] as Format,
          libras: features.includes('libras'),
          audioDescription: features.includes('audiodescricao'),
          captions: features.includes('legenda_descritiva'),
        },
      });
    }
  }
  return planned;
}

function dayAfter(day: string, days: number): string {
  return new Date(Date.parse(day) + days * 86_400_000).toISOString().slice(0, 10);
}

function movieRecord(row: Record<string, string>, today: string): MovieRecord {
  return {
    natural_key: `code:${row['codigo']}`,
    title: row['titulo']!,
    original_title: row['titulo_original'] || null,
    synopsis: row['sinopse']!,
    rating: row['classificacao'] as Rating,
    running_minutes: Number(row['duracao']),
    genres: listOf(row['generos'], ','),
    director: row['direcao']!,
    actors: listOf(row['elenco'], ','),
    country: row['pais']!,
    released_on: dayAfter(today, Number(row['lancamento_em_dias'])),
    poster_url: `/demo/posters/${row['cartaz']}.svg`,
    credit: 'Filme em domínio público. Cartaz e sinopse: Poltrona.',
  };
}

function theaterRecord(row: Record<string, string>): TheaterRecord {
  return {
    registryNo: row['codigo_cinema']!,
    name: row['cinema']!,
    city: row['cidade']!,
    state: row['uf']!,
    district: row['bairro']!,
    address: `${row['endereco']}, ${row['numero']}`,
    postalCode: row['cep']!,
    timeZone: row['fuso_horario']!,
    exhibitor: 'Demonstração',
  };
}

function auditoriumRecord(row: Record<string, string>): AuditoriumRecord {
  return {
    registryNo: row['codigo_sala']!,
    theaterRegistryNo: row['codigo_cinema']!,
    name: row['sala']!,
    seatsTotal: Number(row['assentos']),
    seatsWheelchair: Number(row['cadeirantes']),
    seatsCompanion: Number(row['acompanhantes']),
    seatsReducedMobility: Number(row['mobilidade_reduzida']),
    seatsPlusSize: Number(row['obesidade']),
    rampToSeats: true,
    rampToAuditorium: true,
    accessibleRestrooms: true,
  };
}

const TODAY = sql`select (now() at time zone 'America/Sao_Paulo')::date as day`;
const OPEN_LATER = sql`
  update screenings.screenings as s set sales_open_at = s.starts_at - make_interval(days => later.days)
    from unnest($1::integer[], $2::integer[]) as later(screening_id, days)
   where s.screening_id = later.screening_id`;
