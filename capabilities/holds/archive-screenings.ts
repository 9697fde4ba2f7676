import type { Database } from '#platform/postgres';
import { sql } from '#platform/sql';

export type ArchiveOutcome = 'unknown' | 'not_over' | 'unsettled' | 'differs' | 'archived';

export type ArchiveTurn = {
  archived: number;
  /** Screenings that wait for a payment, a refund or a hold to end; they are asked again in the next round. */
  unsettled: number[];
  /** Screenings whose sold tickets and paid orders disagree: they stay, a person must look. */
  differs: number[];
};

export type ArchiverLimits = {
  /** A screening is archived when it ended longer ago than this. */
  afterDays: number;
  /** How many screenings of the hot table one turn looks at, by key. */
  looksPerTurn: number;
  /** How many it moves at most; each in a transaction of its own. */
  movesPerTurn: number;
};

/**
 * Moves the tickets of old screenings out of the hot tables, a bounded number a turn; the turns go round all screenings
 * that have tickets there, however many old ones there ever were. Where it stands is only in memory: a killed worker
 * begins a new round, and what was moved is moved. Two workers side by side do each other's work a second time, which
 * changes nothing.
 */
export function createArchiver(deps: { db: Database; limits: ArchiverLimits }): { turn(): Promise<ArchiveTurn> } {
  const { db, limits } = deps;
  let after = 0;

  const turn = async () => {
    const done: ArchiveTurn = { archived: 0, unsettled: [], differs: [] };
    const looked = await db.rows<{ id: number; due: boolean }>(LOOK, [after, limits.looksPerTurn, limits.afterDays]);
    let moves = 0;
    for (const { id, due } of looked) {
      if (due && moves === limits.movesPerTurn) return done;
      after = id;
      if (!due) continue;
      moves += 1;
      const { outcome } = (await db.row<{ outcome: ArchiveOutcome }>(ARCHIVE, [id, limits.afterDays]))!;
      if (outcome === 'archived') done.archived += 1;
      else if (outcome === 'unsettled' || outcome === 'differs') done[outcome].push(id);
    }
    if (looked.length < limits.looksPerTurn) after = 0;
    return done;
  };

  return { turn };
}

// From screening to screening along the key: one descent of the index each, whatever the number of seats.
const LOOK = sql`
  with recursive hot(id, n) as (
    select (select t.screening_id from holds.tickets t where t.screening_id > $1 order by 1 limit 1), 1
    union all
    select (select t.screening_id from holds.tickets t where t.screening_id > hot.id order by 1 limit 1), hot.n + 1
      from hot where hot.id is not null and hot.n < $2)
  select hot.id, coalesce(s.ends_at < now() - make_interval(days => $3) and s.sales_close_at < now(), false) as due
    from hot left join screenings.screenings s on s.screening_id = hot.id
   where hot.id is not null order by hot.id`;
const ARCHIVE = sql`select holds.archive_screening($1, now() - make_interval(days => $2)) as outcome`;
