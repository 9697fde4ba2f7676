import type { Transaction } from '#platform/postgres';
import type { Problem, RowReader } from './row-reader.ts';

/** What one row says about one thing. A later row with the same key must say the same. */
export type Part = { entity: string; key: string; content: unknown };

export type Outcome = 'created' | 'updated' | 'unchanged';

export type StagedRow = { line: number; record: Record<string, unknown> };

export type Change = { entity: string; id: number; action: 'created' | 'updated'; before: unknown };

/** What became of a chunk. A row that is in no list of `outcomes` failed and has a problem. */
export type Loaded = {
  outcomes: { line: number; outcome: Outcome }[];
  entities: { entity: string; outcome: Outcome; count: number }[];
  problems: Problem[];
  changes: Change[];
};

/** A way to write a kind of file: which columns it has and what a row of it means. */
export type Layout = {
  name: string;
  synonyms: Record<string, readonly string[]>;
  /** Fields without whose columns the file makes no sense. */
  needs: readonly string[];
  /** Chosen when the file has all of these fields; the first layout of a kind that fits is taken. */
  recognisedBy: readonly string[];
  /** The row in parts, the most important last. Problems go to the reader. */
  read(row: RowReader): Part[];
  /** Repeated keys with other content: an error on the later row, or (with a warning) the first row stands. */
  onRepeat: 'conflict' | 'merge';
};

export type Kind = {
  layouts: readonly Layout[];
  rowsPerChunk: number;
  /** Decides (dry) or loads one chunk, inside the caller's transaction. */
  load(tx: Transaction, rows: StagedRow[], dry: boolean): Promise<Loaded>;
};

const STRENGTH: Record<Outcome, number> = { unchanged: 0, updated: 1, created: 2 };

/** A row is what the strongest of its parts is: created before updated before unchanged. */
export function strongest(outcomes: Outcome[]): Outcome {
  return outcomes.reduce<Outcome>((best, next) => (STRENGTH[next] > STRENGTH[best] ? next : best), 'unchanged');
}

export function countOutcomes(entity: string, outcomes: Outcome[]): Loaded['entities'] {
  return (['created', 'updated', 'unchanged'] as const)
    .map((outcome) => ({ entity, outcome, count: outcomes.filter((each) => each === outcome).length }))
    .filter((entry) => entry.count > 0);
}
