// How people write dates, times, money and yes in Brazil and in Excel. Each answers undefined when it cannot read it.

const DAY_FIRST = /^(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})(?:[ T]00:00(?::00)?)?$/;
const YEAR_FIRST = /^(\d{4})-(\d{1,2})-(\d{1,2})(?:[ T]00:00(?::00(?:\.0+)?)?Z?)?$/;

/** 31/12/2026, 31.12.2026, 2026-12-31 → '2026-12-31'. */
export function readDay(text: string): string | undefined {
  const dayFirst = DAY_FIRST.exec(text);
  const found = dayFirst ? [dayFirst[3], dayFirst[2], dayFirst[1]] : YEAR_FIRST.exec(text)?.slice(1);
  if (!found) return undefined;
  const [year, month, day] = found.map(Number) as [number, number, number];
  const date = new Date(Date.UTC(year, month - 1, day));
  const real = date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  return real && year >= 1890 && year <= 2100 ? date.toISOString().slice(0, 10) : undefined;
}

/** 9:05, 09:05, 9h05, 19h, 19:30:00 → '09:05'. */
export function readTime(text: string): string | undefined {
  const found = /^(\d{1,2})(?:[:hH](\d{2})?)(?::00|min)?$/.exec(text);
  if (!found) return undefined;
  const hours = Number(found[1]);
  const minutes = Number(found[2] ?? 0);
  if (hours > 23 || minutes > 59) return undefined;
  return `${String(hours).padStart(2, '0')}:${String(minutes).padStart(2, '0')}`;
}

/** R$ 1.234,56 · 1234,5 · 1,234.56 · 20 → cents. A lone separator with three digits after it groups thousands. */
export function readCents(text: string): number | undefined {
  const bare = text.replace(/^(R\$|BRL)\s*/i, '').replace(/[\s\u00a0]/g, '');
  if (!/^\d{1,3}([.,]?\d{3})*([.,]\d{1,2})?$|^\d+([.,]\d{1,2})?$/.test(bare)) return undefined;
  const decimal = /[.,](\d{1,2})$/.exec(bare);
  const whole = (decimal ? bare.slice(0, decimal.index) : bare).replace(/[.,]/g, '');
  const cents = Number(whole) * 100 + Number((decimal?.[1] ?? '').padEnd(2, '0') || 0);
  return Number.isSafeInteger(cents) ? cents : undefined;
}

/** 1.234 · 1234 · 120.0 → a whole number, negative allowed. */
export function readInteger(text: string): number | undefined {
  const bare = text.replace(/[.,]0+$/, '');
  if (!/^-?\d{1,9}$|^-?\d{1,3}([.,]\d{3})+$/.test(bare)) return undefined;
  return Number(bare.replace(/[.,]/g, ''));
}

const YES = new Set(['sim', 's', 'yes', 'y', 'true', 'verdadeiro', '1', 'x']);
const NO = new Set(['nao', 'n', 'no', 'false', 'falso', '0']);

export function readYesNo(text: string): boolean | undefined {
  const word = fold(text);
  return YES.has(word) ? true : NO.has(word) ? false : undefined;
}

const MARKS = /[\u0300-\u036f]/g;

/** 'Situação Sala' → 'situacao_sala': how headers and choices are compared. */
export function fold(text: string): string {
  return text
    .normalize('NFD')
    .replace(MARKS, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '');
}

// Soft hyphens and zero-width marks come with titles copied from web pages; nobody sees them and searches miss them.
const INVISIBLE = /[\u00ad\u200b-\u200d\u2060\ufeff]/g;
const BLANKS = /[\s\u00a0]+/g;

/** One line, single blanks, nothing invisible. Undefined when it holds what no column can keep or nobody types. */
export function cleanText(text: string): string | undefined {
  const clean = text.replace(INVISIBLE, '').replace(BLANKS, ' ').trim();
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  return /[\u0000-\u001f\u007f]/.test(clean) || !clean.isWellFormed() ? undefined : clean;
}
