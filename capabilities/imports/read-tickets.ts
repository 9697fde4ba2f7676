import type { Group } from './ticket-groups.ts';
import { keyOf, newGroup } from './ticket-groups.ts';
import type { Layout } from './kind.ts';
import { type Binding, createRowReader, type Problem } from './row-reader.ts';
import { PROGRAMME_SYNONYMS, readScreening } from './screenings.ts';
import { readCents } from './values.ts';

export const TICKETS_LAYOUT: Layout = {
  name: 'own',
  synonyms: {
    ...PROGRAMME_SYNONYMS,
    seat: ['assento', 'poltrona', 'lugar', 'cadeira', 'seat_label', 'numero_assento'],
  },
  needs: ['seat', 'auditorium', 'movie', 'price'],
  recognisedBy: [],
  onRepeat: 'conflict',
  read: () => [],
};

/** Fields that say which screening a row is about and how it is; together they are looked up as one text. */
const SCREENING_FIELDS = Object.keys(PROGRAMME_SYNONYMS).filter((field) => field !== 'price');
const PRICES_REMEMBERED_MAX = 10_000;
const PRICE_CENTS_MAX = 1_000_000;

type Told = { group: Group } | { problems: Problem[] };

export type TicketCounts = { rows: number; created: number; updated: number; unchanged: number; failed: number };
export const noCounts = (): TicketCounts => ({ rows: 0, created: 0, updated: 0, unchanged: 0, failed: 0 });

/**
 * Reads rows of a tickets file in two steps, so that a batch's screenings can be looked up in between: `sort` finds
 * the screening of every row (new ones come back to be resolved), `settle` decides every row.
 */
export function createTicketReader(binding: Binding) {
  const columns = SCREENING_FIELDS.flatMap((field) => binding.indexOf.get(field) ?? []);
  const seatAt = binding.indexOf.get('seat')!;
  const priceAt = binding.indexOf.get('price')!;
  const row = createRowReader(binding);
  const told = new Map<string, Told>();
  const groups = new Map<string, Group>();
  const prices = new Map<string, number>();

  function sort(
    firstLine: number,
    rows: readonly (string[] | string)[],
  ): { tolds: (Told | string | null)[]; fresh: Group[] } {
    const fresh: Group[] = [];
    let before: Told | null = null;
    let cellsBefore: readonly string[] = [];
    const tolds = rows.map((cells, index) => {
      if (!Array.isArray(cells)) return cells;
      if (cells.length <= 1 && (cells[0] ?? '') === '') return null;
      if (before !== null && columns.every((column) => cells[column] === cellsBefore[column])) return before;
      const words = columns.map((column) => cells[column] ?? '').join('\u0001');
      let known = told.get(words);
      if (!known) {
        known = tell(firstLine + index, cells, fresh);
        told.set(words, known);
      }
      before = known;
      cellsBefore = cells;
      return known;
    });
    return { tolds, fresh };
  }

  function tell(line: number, cells: readonly string[], fresh: Group[]): Told {
    row.start(line, cells);
    const record = readScreening(row);
    // The price is the ticket's own and judged row by row.
    const problems = row.problems().filter((problem) => problem.column !== binding.columns[priceAt]);
    if (problems.some((problem) => problem.severity === 'error')) return { problems };
    const content = JSON.stringify({ ...record, priceCents: 0 });
    const key = keyOf(record);
    const group = groups.get(key);
    if (!group) {
      const created = newGroup(line, record, content);
      groups.set(key, created);
      fresh.push(created);
      return { group: created };
    }
    if (group.content === content) return { group };
    row.report(null, 'conflicts_with_row', `row ${group.line} says otherwise about the same screening`);
    return { problems: row.problems() };
  }

  /** `write` gets every ticket of a screening that is not there yet. */
  function settle(
    firstLine: number,
    rows: readonly (string[] | string)[],
    tolds: readonly (Told | string | null)[],
    counts: TicketCounts,
    problems: Problem[],
    write: (screeningId: number, seatNo: number, priceCents: number) => void,
  ): void {
    for (let index = 0; index < rows.length; index += 1) {
      const found = tolds[index]!;
      if (found === null) continue;
      counts.rows += 1;
      const line = firstLine + index;
      const outcome =
        typeof found === 'string' ? wholeRow(line, found) : settleRow(line, rows[index] as string[], found, write);
      if (typeof outcome === 'string') counts[outcome] += 1;
      else {
        counts.failed += 1;
        problems.push(...outcome);
      }
    }
  }

  function settleRow(
    line: number,
    cells: readonly string[],
    found: Told,
    write: (screeningId: number, seatNo: number, priceCents: number) => void,
  ): 'created' | 'updated' | 'unchanged' | Problem[] {
    if ('problems' in found) return found.problems.map((problem) => ({ ...problem, line }));
    const { group } = found;
    if (group.refusal) return [problem(line, cells, null, group.refusal.code, group.refusal.message)];
    const label = cells[seatAt] ?? '';
    const no = group.hall.noOf.get(label) ?? group.hall.noOf.get(label.trim().toUpperCase());
    if (no === undefined) {
      return label.trim() === ''
        ? [problem(line, cells, seatAt, 'key_missing', 'a row without a key is never loaded')]
        : [problem(line, cells, seatAt, 'seat_unknown', 'the auditorium has no such seat')];
    }
    const price = priceOf(cells[priceAt] ?? '');
    if (price < 0) return [problem(line, cells, priceAt, 'not_money', 'must be an amount up to R$ 10.000,00')];
    const earlier = group.lineOf[no]!;
    if (earlier !== 0) {
      return group.priceOf[no] === price
        ? 'unchanged'
        : [problem(line, cells, priceAt, 'conflicts_with_row', `row ${earlier} has another price for this ticket`)];
    }
    const outcome = group.exists ? compare(group, no, price) : 'created';
    if (outcome === 'fixed') return [problem(line, cells, priceAt, 'ticket_has_sales', 'the ticket is sold or held')];
    group.lineOf[no] = line;
    group.priceOf[no] = price;
    group.rowsGood += 1;
    // The screening's own price is that of its first good ticket.
    if (group.rowsGood === 1) group.record.priceCents = price;
    if (!group.exists) write(group.screeningId, no, price);
    return outcome;
  }

  function priceOf(text: string): number {
    const known = prices.get(text);
    if (known !== undefined) return known;
    const cents = readCents(text.trim()) ?? -1;
    const price = cents > PRICE_CENTS_MAX ? -1 : cents;
    if (prices.size < PRICES_REMEMBERED_MAX) prices.set(text, price);
    return price;
  }

  function problem(line: number, cells: readonly string[], at: number | null, code: string, message: string): Problem {
    return {
      line,
      column: at === null ? null : binding.columns[at]!,
      code,
      severity: 'error',
      value: at === null ? null : (cells[at] ?? null),
      message,
    };
  }

  return { sort, settle, groups };
}

function compare(group: Group, no: number, price: number): 'created' | 'updated' | 'unchanged' | 'fixed' {
  const stored = group.storedPriceOf![no]!;
  if (stored === price) return 'unchanged';
  if (stored === -1) {
    group.added.push(no, price);
    return 'created';
  }
  if (group.fixed![no] === 1) return 'fixed';
  group.repriced.push(no, price);
  return 'updated';
}

function wholeRow(line: number, code: string): Problem[] {
  return [{ line, column: null, code, severity: 'error', value: null, message: 'the line cannot be read' }];
}
