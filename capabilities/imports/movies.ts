import { type MovieRecord, upsertMovies } from '#capabilities/catalog';
import type { Transaction } from '#platform/postgres';
import { countOutcomes, type Kind, type Layout, type Loaded, type Outcome, type StagedRow } from './kind.ts';
import { LOAD_ROWS_PER_CHUNK } from './limits.ts';
import type { RowReader } from './row-reader.ts';

const RATING = {
  l: 'L',
  livre: 'L',
  '10': '10',
  '12': '12',
  '14': '14',
  '16': '16',
  '18': '18',
  a10: '10',
  a12: '12',
  a14: '14',
  a16: '16',
  a18: '18',
} as const;

const SYNONYMS = {
  code: ['cpb_roe', 'cpb', 'roe', 'codigo', 'movie_code', 'codigo_filme', 'href'],
  title: ['titulo', 'titulo_brasil', 'titulo_no_brasil', 'filme', 'nome'],
  originalTitle: ['titulo_original', 'original_title'],
  synopsis: ['sinopse', 'extract', 'descricao'],
  rating: ['classificacao', 'classificacao_indicativa', 'faixa_etaria'],
  runningMinutes: ['duracao', 'duracao_min', 'duracao_minutos', 'running_minutes', 'minutos', 'running_time'],
  genres: ['genero', 'generos', 'genre', 'tipo_obra'],
  director: ['direcao', 'diretor', 'diretora'],
  actors: ['elenco', 'cast', 'atores'],
  country: ['pais', 'pais_obra'],
  releasedOn: ['lancamento', 'data_lancamento', 'data_lancamento_obra', 'estreia', 'released_on', 'release_date'],
  posterUrl: ['cartaz', 'poster', 'thumbnail', 'poster_url'],
  credit: ['credito'],
  year: ['ano'],
};

/** 'B2300060700000' → 'cpb:…' (Brazilian works), 'E…' → 'roe:…' (foreign), anything else is the cinema's own code. */
export function movieKey(code: string): string {
  const registered = /^([BE])\d{13}$/i.exec(code);
  if (!registered) return `code:${code}`;
  return `${registered[1]!.toUpperCase() === 'B' ? 'cpb' : 'roe'}:${code.toUpperCase()}`;
}

function readMovie(row: RowReader): MovieRecord {
  const original = row.text('originalTitle', 400);
  const title = row.text('title', 400) ?? original;
  if (title === null && !row.failed()) row.report('title', 'required', 'must not be blank');
  const code = row.required('code', 120, 'key_missing');
  const poster = row.text('posterUrl', 1_000);
  if (poster !== null && !poster.startsWith('https://'))
    row.report('posterUrl', 'not_a_link', 'must begin with https://');
  return {
    natural_key: code === '' ? '' : movieKey(code),
    title: title ?? '',
    original_title: original,
    synopsis: row.text('synopsis', 10_000),
    rating: row.choice('rating', RATING),
    running_minutes: row.integer('runningMinutes', 1, 1200),
    genres: row.list('genres'),
    director: row.text('director'),
    actors: row.list('actors'),
    country: row.text('country'),
    released_on: row.day('releasedOn'),
    poster_url: poster,
    credit: row.text('credit'),
  };
}

const shape = {
  synonyms: SYNONYMS,
  needs: ['code'],
  read(row: RowReader) {
    const movie = readMovie(row);
    return movie.natural_key === '' ? [] : [{ entity: 'movie', key: movie.natural_key, content: movie }];
  },
} satisfies Omit<Layout, 'name' | 'recognisedBy' | 'onRepeat'>;

// Several distributors and re-releases of one work are several rows: the first row stands, the others are told.
const RELEASES: Layout = {
  ...shape,
  name: 'ancine_releases',
  synonyms: { ...SYNONYMS, distributor: ['razao_social_distribuidora'] },
  recognisedBy: ['code', 'distributor'],
  onRepeat: 'merge',
};

// Article names are unique in the source, and the words need their credit wherever they are shown.
const WIKIPEDIA: Layout = {
  ...shape,
  name: 'wikipedia_movies',
  synonyms: {
    href: [],
    extract: [],
    title: [],
    genres: [],
    actors: ['cast'],
    posterUrl: ['thumbnail'],
  },
  needs: [],
  recognisedBy: ['href', 'extract'],
  onRepeat: 'conflict',
  read(row) {
    const href = row.required('href', 200, 'key_missing');
    const title = row.required('title', 400);
    const synopsis = row.text('extract', 10_000);
    const poster = row.text('posterUrl', 1_000);
    if (href === '') return [];
    const content: MovieRecord = {
      natural_key: `code:${href}`,
      title,
      synopsis,
      genres: row.list('genres'),
      actors: row.list('actors'),
      poster_url: poster?.startsWith('https://') ? poster : null,
      credit: 'Wikipedia, CC BY-SA',
    };
    return [{ entity: 'movie', key: content.natural_key, content }];
  },
};

async function load(tx: Transaction, rows: StagedRow[], dry: boolean): Promise<Loaded> {
  const records = rows.flatMap(({ record }) => (record['movie'] ? [record['movie'] as MovieRecord] : []));
  const upserted = await upsertMovies(tx, records, dry);
  const outcomeOf = new Map(upserted.map((row) => [row.key, row.outcome as Outcome]));
  return {
    outcomes: rows.map(({ line, record }) => ({
      line,
      outcome: outcomeOf.get((record['movie'] as MovieRecord | undefined)?.natural_key ?? '') ?? 'unchanged',
    })),
    entities: countOutcomes(
      'movies',
      upserted.map((row) => row.outcome as Outcome),
    ),
    problems: [],
    changes: upserted.flatMap((row) =>
      row.outcome === 'created' || row.outcome === 'updated'
        ? [{ entity: 'movie', id: row.id ?? 0, action: row.outcome, before: row.before }]
        : [],
    ),
  };
}

export const movies: Kind = {
  layouts: [
    RELEASES,
    WIKIPEDIA,
    {
      ...shape,
      name: 'film_list',
      recognisedBy: ['code', 'rating', 'runningMinutes', 'originalTitle'],
      onRepeat: 'conflict',
    },
    { ...shape, name: 'own', recognisedBy: [], onRepeat: 'conflict' },
  ],
  rowsPerChunk: LOAD_ROWS_PER_CHUNK,
  load,
};
