import { addSeatPlans, fingerprintOfPlan } from '#capabilities/catalog';
import type { SeatPlan } from '#contracts/seat-plan';
import type { Transaction } from '#platform/postgres';
import { sql } from '#platform/sql';
import { countOutcomes, type Kind, type Layout, type Loaded, type StagedRow } from './kind.ts';
import type { SeatMap } from './read-seat-map.ts';
import type { Sheet } from './sheet.ts';

// Seat maps come with the theaters: one map is one row, and the auditorium's registry number is its key.

const MAPS_PER_CHUNK = 20;

/** The maps as a sheet and a kind, so that they go the way of every other row: plan, chunks, resume, undo. */
export function seatMapsAsKind(layout: string, maps: SeatMap[], encoding: string): { sheet: Sheet; kind: Kind } {
  const sheet: Sheet = {
    format: 'json',
    encoding,
    separator: null,
    columns: ['auditorium', 'map'],
    async *batches() {
      yield { firstLine: 2, rows: maps.map((map, index) => [map.auditorium, String(index)]) };
    },
  };
  const own: Layout = {
    name: layout,
    synonyms: { auditorium: [], map: [] },
    needs: [],
    recognisedBy: [],
    onRepeat: 'conflict',
    read(row) {
      const auditorium = row.required('auditorium', 40, 'key_missing');
      const { plan } = maps[row.integer('map', 0, maps.length)!]!;
      if ('problem' in plan) row.report(null, plan.problem, 'the seat map cannot be used');
      return auditorium === '' ? [] : [{ entity: 'seatMap', key: auditorium, content: { auditorium, plan } }];
    },
  };
  return { sheet, kind: { layouts: [own], rowsPerChunk: MAPS_PER_CHUNK, load } };
}

type Hall = { id: number; code: string; seats: number; fingerprint: string | null; before: unknown };

async function load(tx: Transaction, rows: StagedRow[], dry: boolean): Promise<Loaded> {
  const maps = rows.flatMap(({ line, record }) =>
    record['seatMap'] ? [{ line, ...(record['seatMap'] as { auditorium: string; plan: SeatPlan }) }] : [],
  );
  const halls = new Map(
    (await tx.rows<Hall>(HALLS, [maps.map((map) => map.auditorium)])).map((hall) => [hall.code, hall]),
  );
  const loaded: Loaded = { outcomes: [], entities: [], problems: [], changes: [] };
  const fresh: Parameters<typeof addSeatPlans>[1] = [];
  for (const map of maps) {
    const hall = halls.get(map.auditorium);
    const code = !hall ? 'auditorium_unknown' : hall.seats !== map.plan.seats.length ? 'seat_count_differs' : null;
    if (code !== null) {
      const message = hall ? `the auditorium is registered with ${hall.seats} seats` : 'no auditorium has this number';
      loaded.problems.push({
        line: map.line,
        column: 'auditorium',
        code,
        severity: 'error',
        value: map.auditorium,
        message,
      });
    } else if (hall!.fingerprint === fingerprintOfPlan(map.plan, 'file')) {
      loaded.outcomes.push({ line: map.line, outcome: 'unchanged' });
    } else {
      loaded.outcomes.push({ line: map.line, outcome: 'updated' });
      loaded.changes.push({ entity: 'auditorium', id: hall!.id, action: 'updated', before: hall!.before });
      fresh.push({ auditoriumId: hall!.id, plan: map.plan, origin: 'file' });
    }
  }
  for (const { line, record } of rows) if (!record['seatMap']) loaded.outcomes.push({ line, outcome: 'unchanged' });
  loaded.entities.push(
    ...countOutcomes(
      'seatPlans',
      loaded.outcomes.map(({ outcome }) => outcome),
    ),
  );
  if (!dry) await addSeatPlans(tx, fresh);
  return loaded;
}

const HALLS = sql`
  select a.auditorium_id as id, a.registry_no as code, a.seats_total as seats, p.fingerprint, to_jsonb(a) as before
  from catalog.auditoriums a left join catalog.seat_plans p using (seat_plan_id)
  where a.registry_no = any($1::text[]) for update of a`;
