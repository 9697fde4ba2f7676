import { isDay } from './cinema-days.ts';
import type { Filters } from './filter-sheet.ts';

// The lists of contracts/catalog.ts, repeated because that file brings the schema library.
export const LANGUAGES = ['dubbed', 'subtitled', 'original'];
export const FORMATS = ['2D', '3D', 'IMAX', '4DX', 'XD'];
export const ACCESS = ['libras', 'audio_description', 'captions', 'wheelchair'];
const ID_MAX = 2_147_483_647;

/** The part of an address that narrows the programme, as it came: from a person, a link, or somebody's mistake. */
export type Asked = {
  data: string | undefined;
  idioma: string | undefined;
  formato: string | undefined;
  acesso: string | string[] | undefined;
  cinema: string | undefined;
};

export type Understood = { date: string; filters: Filters };

/** What an address asks for; what cannot be meant is left out, so that a broken link still shows movies. */
export function understand(asked: Asked): Understood {
  return {
    date: isDay(asked.data) ? asked.data : '',
    filters: {
      language: oneOf(LANGUAGES, asked.idioma),
      format: oneOf(FORMATS, asked.formato),
      access: ACCESS.filter((feature) => [asked.acesso ?? []].flat().includes(feature)),
      theater: isId(asked.cinema) ? asked.cinema : '',
    },
  };
}

/** The same as parameters of an address. */
export function filterParams(filters: Filters): Record<string, string | string[] | null> {
  return {
    idioma: filters.language || null,
    formato: filters.format || null,
    acesso: filters.access.length > 0 ? filters.access : null,
    cinema: filters.theater || null,
  };
}

function oneOf(list: readonly string[], value: string | undefined): string {
  return value !== undefined && list.includes(value) ? value : '';
}

function isId(text: string | undefined): text is string {
  return text !== undefined && /^[1-9]\d{0,9}$/.test(text) && Number(text) <= ID_MAX;
}
