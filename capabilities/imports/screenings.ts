import { FORMATS, LANGUAGES } from '#contracts/catalog';
import { type RegisteredScreening, registerScreenings, type ScreeningRecord } from '#capabilities/screenings';
import type { Transaction } from '#platform/postgres';
import { sql } from '#platform/sql';
import { countOutcomes, type Kind, type Layout, type Loaded, type Outcome, type StagedRow } from './kind.ts';
import { LOAD_SCREENINGS_PER_CHUNK } from './limits.ts';
import type { Problem, RowReader } from './row-reader.ts';
import { fold, readDay, readTime } from './values.ts';

export const PROGRAMME_SYNONYMS = {
  auditorium: ['registro_sala', 'sala', 'auditorium_code', 'codigo_sala', 'codigo_da_sala', 'auditorium_registry_no'],
  movie: ['filme', 'cpb_roe', 'codigo_filme', 'movie_code', 'titulo', 'titulo_original', 'title', 'titulo_brasil'],
  day: ['data', 'dia', 'date', 'data_exibicao', 'data_sessao'],
  time: ['hora', 'horario', 'inicio', 'start_time', 'hora_sessao'],
  startsAt: ['sessao', 'starts_at', 'data_hora', 'data_e_hora', 'screening', 'session'],
  price: ['preco', 'preco_inteira', 'valor', 'price_full', 'inteira'],
  language: ['idioma', 'audio', 'versao'],
  format: ['formato', 'tecnologia', 'projecao'],
  libras: [],
  audioDescription: ['audiodescricao', 'audio_description'],
  captions: ['legenda_descritiva', 'legendagem_descritiva', 'closed_caption'],
  runningMinutes: ['duracao', 'duracao_min', 'running_minutes'],
};

const LANGUAGE = {
  ...Object.fromEntries(LANGUAGES.map((language) => [language, language])),
  dublado: 'dubbed',
  dub: 'dubbed',
  legendado: 'subtitled',
  leg: 'subtitled',
  nacional: 'original',
} as Record<string, (typeof LANGUAGES)[number]>;

const FORMAT = Object.fromEntries(FORMATS.map((format) => [fold(format), format]));

/** Day and time of a row, from two columns or from one that holds both. */
export function readStart(row: RowReader): { day: string; time: string } {
  const both = row.text('startsAt', 40);
  if (both === null || row.text('day', 40) !== null) {
    const day = row.day('day');
    const time = row.time('time');
    if (day === null && row.text('day') === null) row.report('day', 'key_missing', 'a row without a day has no key');
    if (time === null && row.text('time') === null)
      row.report('time', 'key_missing', 'a row without a time has no key');
    return { day: day ?? '', time: time ?? '' };
  }
  const [first = '', second = ''] = both.split(/[ T]+/);
  const day = readDay(first);
  const time = readTime(second);
  if (!day || !time) row.report('startsAt', 'not_a_date', 'must be a date and a time: 31/12/2026 19:30');
  return { day: day ?? '', time: time ?? '' };
}

export function readScreening(row: RowReader): Omit<ScreeningRecord, 'line'> {
  const price = row.cents('price');
  if (price === null && row.text('price') === null) row.report('price', 'required', 'must not be blank');
  if (price !== null && price > 1_000_000) row.report('price', 'out_of_range', 'more than R$ 10.000,00');
  if (price === 0) row.report('price', 'price_zero', 'tickets of this screening cost nothing', 'warning');
  return {
    auditorium: row.required('auditorium', 40, 'key_missing'),
    movie: row.required('movie', 400),
    ...readStart(row),
    priceCents: price ?? 0,
    language: row.choice('language', LANGUAGE),
    format: row.choice('format', FORMAT),
    libras: row.yesNo('libras'),
    audioDescription: row.yesNo('audioDescription'),
    captions: row.yesNo('captions'),
    runningMinutes: row.integer('runningMinutes', 1, 1200),
  };
}

const OWN: Layout = {
  name: 'own',
  synonyms: PROGRAMME_SYNONYMS,
  needs: ['auditorium', 'movie', 'price'],
  recognisedBy: [],
  onRepeat: 'conflict',
  read(row) {
    const content = readScreening(row);
    if (content.auditorium === '' || content.day === '' || content.time === '') return [];
    return [{ entity: 'screening', key: `${content.auditorium} ${content.day} ${content.time}`, content }];
  },
};

const COLUMN_OF: Record<string, string> = {
  auditorium_unknown: 'auditorium',
  auditorium_closed: 'auditorium',
  auditorium_without_seats: 'auditorium',
  movie_unknown: 'movie',
  movie_ambiguous: 'movie',
  overlaps_screening: 'time',
  screening_has_sales: 'movie',
};

export const REFUSALS: Record<string, string> = {
  auditorium_unknown: 'no auditorium has this registry number',
  auditorium_closed: 'the auditorium is closed',
  auditorium_without_seats: 'the auditorium has no seats',
  movie_unknown: 'no movie has this code or title',
  movie_ambiguous: 'several movies have this title: use the code',
  overlaps_screening: 'the auditorium shows something else at that time',
  screening_has_sales: 'seats are sold: the movie can no longer be changed',
};

/** `found`: what the row ran into, 'Limite, 20h30'. */
export function refusalWords(code: string, found: string | null): string {
  const words = REFUSALS[code] ?? code;
  return code === 'overlaps_screening' && found !== null ? `${words}: ${found}` : words;
}

async function load(tx: Transaction, rows: StagedRow[], dry: boolean): Promise<Loaded> {
  const records = rows.flatMap(({ line, record }) =>
    record['screening'] ? [{ ...(record['screening'] as ScreeningRecord), line }] : [],
  );
  const registered = await registerScreenings(tx, records, { rehearsal: dry });
  const loaded: Loaded = { outcomes: [], entities: [], problems: [], changes: [] };
  const of = new Map(registered.map((row) => [row.line, row]));
  for (const { line, record } of rows) {
    const row = of.get(line);
    if (!row) loaded.outcomes.push({ line, outcome: 'unchanged' });
    else if (row.outcome) loaded.outcomes.push({ line, outcome: row.outcome });
    else loaded.problems.push(problemOf(line, row.code!, row.value, record['screening'] as ScreeningRecord));
  }
  const good = registered.flatMap((row) => (row.outcome ? [row.outcome as Outcome] : []));
  loaded.entities.push(...countOutcomes('screenings', good));
  const created = registered.reduce((sum, row) => sum + (row.outcome ? row.ticketsCreated : 0), 0);
  const updated = registered.reduce((sum, row) => sum + row.ticketsUpdated, 0);
  if (created > 0) loaded.entities.push({ entity: 'tickets', outcome: 'created', count: created });
  if (updated > 0) loaded.entities.push({ entity: 'tickets', outcome: 'updated', count: updated });
  for (const row of registered) {
    if (row.outcome === 'created' || row.outcome === 'updated') {
      loaded.changes.push({ entity: 'screening', id: row.screeningId!, action: row.outcome, before: row.before });
    }
  }
  loaded.problems.push(...(await startsInThePast(tx, registered, records)));
  return loaded;
}

/** Such a row is loaded, history may be wanted; but nobody can buy, and more often the year is mistyped. */
async function startsInThePast(
  tx: Transaction,
  registered: RegisteredScreening[],
  records: ScreeningRecord[],
): Promise<Problem[]> {
  const lineOf = new Map<number, number>();
  for (const row of registered) {
    if (row.outcome === 'created' || row.outcome === 'updated') lineOf.set(row.screeningId!, row.line);
  }
  const past = await tx.rows<{ id: number }>(PAST, [[...lineOf.keys()]]);
  const lines = new Set(past.map(({ id }) => lineOf.get(id)!));
  return records
    .filter(({ line }) => lines.has(line))
    .map(({ line, day, time }) => ({
      line,
      column: 'day',
      code: 'starts_in_the_past',
      severity: 'warning',
      value: `${day} ${time}`,
      message: 'the screening began before this import: nobody can buy tickets',
    }));
}

const PAST = sql`
  select screening_id as id from screenings.screenings
  where screening_id = any($1::integer[]) and starts_at < now()`;

function problemOf(line: number, code: string, value: string | null, record: ScreeningRecord) {
  const column = COLUMN_OF[code] ?? null;
  const given = { movie: record.movie, auditorium: record.auditorium, time: record.time }[column ?? ''] ?? null;
  return { line, column, code, severity: 'error' as const, value: given, message: refusalWords(code, value) };
}

export const screenings: Kind = { layouts: [OWN], rowsPerChunk: LOAD_SCREENINGS_PER_CHUNK, load };
