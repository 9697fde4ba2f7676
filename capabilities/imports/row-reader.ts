import { FIELD_CHARS_MAX } from './limits.ts';
import { cleanText, fold, readCents, readDay, readInteger, readTime, readYesNo } from './values.ts';

export type Problem = {
  line: number;
  column: string | null;
  code: string;
  severity: 'error' | 'warning';
  value: string | null;
  message: string;
};

/** Which columns of a sheet mean which field. The same field twice: the first column wins. */
export type Binding = { indexOf: ReadonlyMap<string, number>; columns: readonly string[] };

export function bind(columns: readonly string[], synonyms: Record<string, readonly string[]>): Binding {
  const fieldOf = new Map<string, string>();
  for (const [field, names] of Object.entries(synonyms)) {
    for (const name of [field, ...names]) if (!fieldOf.has(fold(name))) fieldOf.set(fold(name), field);
  }
  const indexOf = new Map<string, number>();
  columns.forEach((column, index) => {
    const field = fieldOf.get(fold(column));
    if (field && !indexOf.has(field)) indexOf.set(field, index);
  });
  return { indexOf, columns };
}

/** One row, read field by field; what is wrong with it gathers in `problems`. A blank cell is null. */
export function createRowReader(binding: Binding) {
  let cells: readonly string[] = [];
  let line = 0;
  let problems: Problem[] = [];

  const report = (field: string | null, code: string, message: string, severity: 'error' | 'warning' = 'error') => {
    const index = field === null ? undefined : binding.indexOf.get(field);
    problems.push({
      line,
      column: index === undefined ? field : (binding.columns[index] ?? field),
      code,
      severity,
      value: index === undefined ? null : (cells[index] ?? null),
      message,
    });
  };

  const text = (field: string, lengthMax = 300): string | null => {
    const index = binding.indexOf.get(field);
    const raw = index === undefined ? '' : (cells[index] ?? '');
    if (raw === '') return null;
    if (raw.length > FIELD_CHARS_MAX) {
      report(field, 'too_long', `more than ${FIELD_CHARS_MAX} characters`);
      return null;
    }
    const clean = cleanText(raw);
    if (clean === undefined) {
      report(field, 'text_unclean', 'control characters or half characters');
      return null;
    }
    if (clean.length > lengthMax) {
      report(field, 'too_long', `more than ${lengthMax} characters`);
      return null;
    }
    return clean === '' ? null : clean;
  };

  const read = <T>(field: string, parse: (value: string) => T | undefined, code: string, message: string): T | null => {
    const value = text(field);
    if (value === null) return null;
    const parsed = parse(value);
    if (parsed === undefined) report(field, code, message);
    return parsed ?? null;
  };

  return {
    start(nextLine: number, nextCells: readonly string[]) {
      line = nextLine;
      cells = nextCells;
      problems = [];
    },
    problems: (): Problem[] => problems,
    failed: (): boolean => problems.some((problem) => problem.severity === 'error'),
    report,
    text,
    required(field: string, lengthMax = 300, code = 'required'): string {
      const value = text(field, lengthMax);
      if (
        value === null &&
        !problems.some((problem) => problem.severity === 'error' && problem.column === nameOf(field))
      )
        report(field, code, code === 'key_missing' ? 'a row without a key is never loaded' : 'must not be blank');
      return value ?? '';
    },
    integer(field: string, min: number, max: number): number | null {
      const value = read(field, readInteger, 'not_a_number', 'must be a whole number');
      if (value === null || (value >= min && value <= max)) return value;
      report(field, 'out_of_range', `must be from ${min} to ${max}`);
      return null;
    },
    day: (field: string) => read(field, readDay, 'not_a_date', 'must be a date: 31/12/2026 or 2026-12-31'),
    time: (field: string) => read(field, readTime, 'not_a_time', 'must be a time of day: 19:30 or 19h30'),
    cents: (field: string) => read(field, readCents, 'not_money', 'must be an amount: R$ 32,50'),
    yesNo: (field: string) => read(field, readYesNo, 'not_yes_or_no', 'must be sim or não'),
    choice<T extends string>(field: string, choices: Record<string, T>): T | null {
      const message = `must be one of ${[...new Set(Object.keys(choices))].join(', ')}`;
      return read(field, (value) => choices[fold(value)], 'not_a_choice', message);
    },
    list: (field: string, lengthMax = 2_000): string[] | null => {
      const value = text(field, lengthMax);
      return value === null
        ? null
        : value
            .split(/[|;]/)
            .map((part) => part.trim())
            .filter(Boolean);
    },
  };

  function nameOf(field: string): string {
    const index = binding.indexOf.get(field);
    return index === undefined ? field : (binding.columns[index] ?? field);
  }
}

export type RowReader = ReturnType<typeof createRowReader>;
