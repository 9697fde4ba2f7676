import { registerScreenings } from '#capabilities/screenings';
import type { Database, Transaction } from '#platform/postgres';
import { sql } from '#platform/sql';
import { FENCE } from './fence.ts';
import { PUBLISH_SCREENINGS_PER_CHUNK } from './limits.ts';
import { recordProblems, type RunRow } from './runs.ts';
import { REFUSALS, refusalWords } from './screenings.ts';
import type { Group } from './ticket-groups.ts';
import type { Problem } from './row-reader.ts';

/**
 * The last step of a tickets file: screenings appear, each with all of its tickets, and tickets of screenings that were
 * there before are added or repriced, chunk by chunk. False when cancelled.
 */
export async function publish(
  db: Database,
  run: RunRow,
  groups: ReadonlyMap<string, Group>,
  onProgress: () => Promise<void>,
): Promise<boolean> {
  const byId = new Map([...groups.values()].map((group) => [group.screeningId, group]));
  for (;;) {
    const step = await db.transaction(async (tx) => {
      if ((await tx.row<{ cancelled: boolean }>(LOCK, [run.run]))!.cancelled) return 'cancelled';
      return publishSome(tx, run.run, byId);
    });
    if (step === 'cancelled') return false;
    if (step === 0) break;
    await onProgress();
  }
  const touched = [...groups.values()].filter((group) => group.added.length > 0 || group.repriced.length > 0);
  for (let at = 0; at < touched.length; at += PUBLISH_SCREENINGS_PER_CHUNK) {
    const some = touched.slice(at, at + PUBLISH_SCREENINGS_PER_CHUNK);
    const cancelled = await db.transaction(async (tx) => {
      if ((await tx.row<{ cancelled: boolean }>(LOCK, [run.run]))!.cancelled) return true;
      for (const group of some) await changeTickets(tx, run.run, group);
      return false;
    });
    if (cancelled) return false;
    await onProgress();
  }
  await db.rows(COUNT_TICKETS, [run.run]);
  return true;
}

type Reserved = { id: number; line: number; record: Group['record'] };

async function publishSome(tx: Transaction, runId: string, byId: ReadonlyMap<number, Group>): Promise<number> {
  const reserved = await tx.rows<Reserved>(NEXT, [runId, PUBLISH_SCREENINGS_PER_CHUNK]);
  if (reserved.length === 0) return 0;
  const registered = await registerScreenings(
    tx,
    reserved.map(({ id, line, record }) => ({
      ...record,
      priceCents: byId.get(id)!.record.priceCents,
      line,
      reservedId: id,
      ticketCount: byId.get(id)!.rowsGood,
    })),
  );
  const idOf = new Map(reserved.map((each) => [each.line, each]));
  const problems: Problem[] = [];
  const lost: number[] = [];
  const created: number[] = [];
  for (const row of registered) {
    const own = idOf.get(row.line)!;
    if (row.outcome === 'created' && row.screeningId === own.id) created.push(own.id);
    else {
      lost.push(own.id);
      const code = row.code ?? 'screening_exists_now';
      const message =
        code in REFUSALS ? refusalWords(code, row.value) : 'somebody else registered this screening meanwhile';
      problems.push({ line: row.line, column: null, code, severity: 'error', value: own.record.time, message });
    }
  }
  await recordProblems(tx, runId, 'loading', problems);
  await tx.rows(CHANGES, [runId, created]);
  if (lost.length > 0) await tx.rows(BY_INDEX);
  if (lost.length > 0) await tx.rows(DROP_TICKETS, [runId, lost, true]);
  await tx.rows(PUBLISHED, [runId, reserved.map((each) => each.id), created.length]);
  return reserved.length;
}

async function changeTickets(tx: Transaction, runId: string, group: Group): Promise<void> {
  const pairs = (list: number[]) => ({
    nos: list.filter((_each, index) => index % 2 === 0),
    prices: list.filter((_each, index) => index % 2 === 1),
  });
  const added = pairs(group.added);
  const repriced = pairs(group.repriced);
  await tx.rows(CHANGE_TICKETS, [group.screeningId, added.nos, added.prices, repriced.nos, repriced.prices, runId]);
}

/** Removes tickets that wait for a screening which will not come. Answers how many screenings were dropped. */
export async function dropUnpublished(db: Database, runId: string): Promise<number> {
  let dropped = 0;
  for (;;) {
    const some = await db.transaction(async (tx) => {
      await tx.rows(FENCE, [runId]);
      const reserved = await tx.rows<Reserved>(NEXT, [runId, PUBLISH_SCREENINGS_PER_CHUNK]);
      const ids = reserved.map((each) => each.id);
      if (ids.length > 0) {
        await tx.rows(BY_INDEX);
        await tx.rows(DROP_TICKETS, [runId, ids, false]);
        await tx.rows(PUBLISHED, [runId, ids, 0]);
      }
      return ids.length;
    });
    dropped += some;
    if (some === 0) break;
  }
  await db.rows(COUNT_TICKETS, [runId]);
  return dropped;
}

const LOCK = sql`select cancel_requested as cancelled from imports.runs where run_id = $1 for update`;
const NEXT = sql`
  select screening_id as id, line, record from imports.reserved_screenings where run_id = $1 order by line limit $2`;
// Freshly loaded tables have no statistics yet, and the planner would read them whole.
const BY_INDEX = sql`set local enable_seqscan = off`;
const CHANGES = sql`
  insert into imports.changes (run_id, entity, entity_id, action)
  select $1, 'screening', id, 'created' from unnest($2::integer[]) as id`;
const DROP_TICKETS = sql`
  with gone as (delete from holds.tickets where screening_id = any($2::integer[]) returning 1)
  update imports.runs
  set created_count = created_count - (select count(*) from gone),
      failed_in_loading = failed_in_loading + case when $3 then (select count(*) from gone) else 0 end
  where run_id = $1`;
const PUBLISHED = sql`
  with gone as (delete from imports.reserved_screenings where run_id = $1 and screening_id = any($2::integer[]))
  update imports.runs
  set entities = jsonb_set(entities, '{screenings}', jsonb_build_object(
    'created', coalesce((entities #>> '{screenings,created}')::integer, 0) + $3::integer,
    'updated', 0, 'unchanged', coalesce((entities #>> '{screenings,unchanged}')::integer, 0)))
  where run_id = $1`;
const COUNT_TICKETS = sql`
  update imports.runs
  set entities = jsonb_set(entities, '{tickets}', jsonb_build_object(
    'created', created_count, 'updated', updated_count, 'unchanged', unchanged_count))
  where run_id = $1`;
const CHANGE_TICKETS = sql`
  select imports.change_tickets($1, $2::integer[], $3::integer[], $4::integer[], $5::integer[], $6)`;
