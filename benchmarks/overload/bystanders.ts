import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { newSecret } from '#platform/ids';
import { tokenHash } from '#platform/crypto';
import type { Database } from '#platform/postgres';
import { aScreening } from '#testing/builders';
import { soldTickets } from '#testing/sold-tickets';
import { createBuyers } from '../viewers/buyers.ts';
import { delaysOf, gather, quantile } from '../viewers/crowd.ts';
import { monotonicMs } from '../viewers/machine.ts';
import { screeningsOf, signedInBuyers } from '../viewers/world.ts';

const VIEWERS = 300;
const WATCHED = 2;
const ORDERS_PER_SECOND = 10;
const SCANS_PER_SECOND = 10;
/** More than are scanned in a run; then the first come again, and hear that they are in already. */
const TICKETS = 600;

/** What people hear who are not the rush: those who look at a map that sells quietly, and ushers. */
export type Heard = {
  change_p50_ms: number;
  change_p99_ms: number;
  viewers_lost: number;
  scan_p50_ms: number;
  scan_p99_ms: number;
  scans: number;
  scans_failed: number;
};

export type Bystanders = {
  /** So many seconds of their evening; what is not answered when they are over still counts. */
  watch(seconds: number): Promise<Heard>;
  close(): void;
};

/** Viewers on one API process, some who buy what these look at, and a gate where tickets are scanned. */
export async function gatherBystanders(db: Database, port: number): Promise<Bystanders> {
  const screenings = await screeningsOf(db, WATCHED, 2_000);
  const buyers = createBuyers({ port, screenings, tokens: await signedInBuyers(db, 1_500) });
  const gate = await openGate(db, port);
  const crowd = await gather({ port, count: VIEWERS, screenings, processes: 1 });
  return {
    watch: async (seconds) => {
      await crowd.forget();
      const [buying, scans] = await Promise.all([
        buyers.buy({ ordersPerSecond: ORDERS_PER_SECOND, readsPerSecond: 0, seconds }),
        gate.scan(seconds),
      ]);
      // The last changes reach the screens.
      await wait(1_000);
      const { answerMs } = delaysOf(buying.sales, (await crowd.report()).sightings);
      return {
        change_p50_ms: quantile(answerMs, 0.5),
        change_p99_ms: quantile(answerMs, 0.99),
        viewers_lost: VIEWERS - (await crowd.watching()),
        scan_p50_ms: quantile(scans.ms, 0.5),
        scan_p99_ms: quantile(scans.ms, 0.99),
        scans: scans.ms.length,
        scans_failed: scans.failed,
      };
    },
    close: () => {
      crowd.close();
      buyers.close();
    },
  };
}

/** An usher with tickets of a screening that lets people in. Scans are due on a schedule that does not wait for answers. */
async function openGate(db: Database, port: number) {
  const screening = await aScreening(db, { startsAt: new Date(Date.now() + 20 * 60_000), rows: 30, perRow: 20 });
  const seats = Array.from({ length: TICKETS }, (_, index) => index + 1);
  const codes: string[] = [];
  for (let from = 0; from < TICKETS; from += 10) {
    const lines = seats.slice(from, from + 10).map((seatNo) => ({ seatNo }));
    codes.push(...(await soldTickets(db, screening, lines)).tickets.map((ticket) => ticket.code));
  }
  const cookie = `poltrona_session=${await signUsherIn(db)}`;
  let next = 0;

  const scan = async (dueMs: number): Promise<number | null> => {
    const code = codes[(next += 1) % codes.length]!;
    const body = { screeningId: screening.screeningId, code, gate: 'A', nonce: randomUUID() };
    const answer = await fetch(`http://127.0.0.1:${port}/api/door/admissions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': randomUUID(), cookie },
      body: JSON.stringify(body),
    });
    const { outcome } = (await answer.json()) as { outcome?: string };
    const heard = outcome === 'admitted' || outcome === 'already_admitted';
    return heard ? monotonicMs() - dueMs : null;
  };

  return {
    scan: async (seconds: number) => {
      const began = monotonicMs();
      const scans = Array.from({ length: seconds * SCANS_PER_SECOND }, async (_, index) => {
        const afterMs = (index / SCANS_PER_SECOND) * 1_000;
        await wait(Math.max(0, began + afterMs - monotonicMs()));
        return scan(began + afterMs).catch(() => null);
      });
      const heard = await Promise.all(scans);
      const ms = heard.filter((one) => one !== null).sort((a, b) => a - b);
      return { ms, failed: heard.length - ms.length };
    },
  };
}

async function signUsherIn(db: Database): Promise<string> {
  const token = newSecret();
  await db.rows(
    `with usher as (
       insert into accounts.accounts (account_id, email, role)
       values (gen_random_uuid(), 'gate@poltrona.example', 'usher') returning account_id)
     insert into accounts.sessions (session_id, token_hash, account_id, strength, device, idle_seconds, expires_at)
     select gen_random_uuid(), $1, account_id, 'second_factor', 'benchmark', 86400, now() + interval '1 day' from usher`,
    [tokenHash(token)],
  );
  return token;
}
