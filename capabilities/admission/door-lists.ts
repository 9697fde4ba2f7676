import { createHash } from 'node:crypto';
import type { DoorPack, DoorScreening } from '#contracts/door';
import { publishedKeys, revocationList, type TicketKeys } from '#capabilities/tickets';
import type { Queryable } from '#platform/postgres';
import type { AdmissionRules } from './admit.ts';
import { DOOR_SCREENINGS, PACK } from './queries.ts';

type SoldTicket = Omit<DoorPack['tickets'][number], 'codeHash'> & { code: number };

export const DOOR_SCREENINGS_MAX = 300;

/** What plays on a cinema day (the theaters' own today by default), soonest first; at most 300. */
export async function doorScreenings(
  db: Queryable,
  choice: { theaterId?: number | undefined; day?: string | undefined },
): Promise<DoorScreening[]> {
  const rows = await db.rows<Omit<DoorScreening, 'startsAt'> & { startsAt: Date }>(DOOR_SCREENINGS, [
    choice.theaterId ?? null,
    choice.day ?? null,
    DOOR_SCREENINGS_MAX,
  ]);
  return rows.map((row) => ({ ...row, startsAt: row.startsAt.toISOString() }));
}

/** Null for an unknown screening. Nothing about any person, and codes only as hashes: a lost gate makes no tickets. */
export async function doorPack(
  deps: { db: Queryable; keys: TicketKeys; rules: AdmissionRules },
  screeningId: number,
): Promise<DoorPack | null> {
  const row = await deps.db.row<{ startsAt: Date; endsAt: Date; tickets: SoldTicket[] }>(PACK, [screeningId]);
  if (!row) return null;
  return {
    screeningId,
    startsAt: row.startsAt.toISOString(),
    endsAt: row.endsAt.toISOString(),
    doorsOpenAt: new Date(row.startsAt.getTime() - deps.rules.opensMinutesBefore * 60_000).toISOString(),
    keys: publishedKeys(deps.keys),
    revocations: (await revocationList(deps.db, deps.keys, screeningId)).toString('base64'),
    tickets: row.tickets.map(({ code, ...ticket }) => ({ ...ticket, codeHash: codeHash(screeningId, code) })),
  };
}

/** First 16 bytes of SHA-256 of '<screening>:<code as a number>', in hexadecimal. */
export function codeHash(screeningId: number, code: number): string {
  return createHash('sha256').update(`${screeningId}:${code}`).digest('hex').slice(0, 32);
}
