import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Database } from '#platform/postgres';
import { ROOT } from './database.ts';

export const NUMBERED_BUYERS = 400;

/** The same person in every process. Numbers that follow each other lie far apart in an index, as people do. */
export function aNumberedBuyer(number: number) {
  const spread = (number * 2_654_435_761) % 2 ** 32; // An odd factor: no two numbers share a place.
  const buyerKey = Buffer.alloc(16, 7);
  buyerKey.writeUInt32BE(spread, 0);
  const accountId = `${spread.toString(16).padStart(8, '0')}-0000-4000-8000-${number.toString(16).padStart(12, '0')}`;
  return { sessionId: accountId, accountId, role: 'buyer' as const, buyerKey };
}

/** What the door of one process answered to one wish: the buyer's own evidence. */
export type Receipt = {
  buyer: number;
  seatNos: number[];
  kind: string;
  status: number;
  code: string;
  orderId?: string;
};

/** API processes of their own; `hold` asks them in turn, over HTTP. */
export async function seatProcesses(db: Database, count: number) {
  const children = Array.from({ length: count }, () =>
    spawn(process.execPath, [join(ROOT, 'testing/seat-process.ts'), db.connectionString], {
      stdio: ['pipe', 'pipe', 'inherit'],
    }),
  );
  const ports = await Promise.all(
    children.map(async (child) => {
      for await (const line of createInterface(child.stdout)) return (JSON.parse(line) as { port: number }).port;
      throw new Error('an API process ended before it listened');
    }),
  );
  let turn = 0;
  const hold = async (
    screeningId: number,
    buyer: number,
    seatNos: number[],
    kind = 'full',
    key: string = randomUUID(),
  ): Promise<Receipt> => {
    // By threes: strictly in turn, each process would get every other seat and never meet its rival.
    const port = ports[Math.floor((turn += 1) / 3) % ports.length]!;
    const answer = await fetch(`http://127.0.0.1:${port}/api/screenings/${screeningId}/holds`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'idempotency-key': key,
        cookie: `poltrona_session=b${buyer}`,
      },
      body: JSON.stringify({ seats: seatNos.map((seatNo) => ({ seatNo, kind })) }),
    });
    const body = (await answer.json()) as { code?: string; orderId?: string };
    const receipt = { buyer, seatNos, kind, status: answer.status, code: body.code ?? 'held' };
    return body.orderId ? { ...receipt, orderId: body.orderId } : receipt;
  };
  const close = () =>
    Promise.all(
      children.map((child) => {
        const ended = new Promise((resolve) => child.once('exit', resolve));
        child.stdin.end();
        return ended;
      }),
    );
  return { hold, close };
}

/**
 * Compares the buyers' receipts with the rows, knowing nothing of how seats are held. Returns what is wrong, in words;
 * an empty list when every receipt is true and no rule is broken.
 */
export async function audit(db: Database, screeningId: number, receipts: readonly Receipt[]): Promise<string[]> {
  const wrong: string[] = [];
  const held = receipts.filter((receipt) => receipt.status === 201);
  const rows = await db.rows<{ no: number; state: string; order_id: string | null; kind: string | null }>(
    'select seat_no as no, state, order_id, kind from holds.tickets where screening_id = $1',
    [screeningId],
  );
  const owner = new Map(rows.map((row) => [row.no, row.order_id]));
  const promised = new Map<number, number>();
  const perBuyer = new Map<number, number>();
  for (const receipt of held) {
    perBuyer.set(receipt.buyer, (perBuyer.get(receipt.buyer) ?? 0) + receipt.seatNos.length);
    for (const no of receipt.seatNos) {
      promised.set(no, (promised.get(no) ?? 0) + 1);
      if (owner.get(no) !== receipt.orderId) wrong.push(`seat ${no} was promised to an order that does not own it`);
    }
  }
  for (const [no, times] of promised) if (times > 1) wrong.push(`seat ${no} was promised ${times} times`);
  for (const [buyer, seats] of perBuyer) if (seats > 10) wrong.push(`buyer ${buyer} holds ${seats} seats`);
  const quota = await db.row<{ quota: number }>(
    'select half_price_quota as quota from screenings.screenings where screening_id = $1',
    [screeningId],
  );
  const half = rows.filter((row) => row.kind?.startsWith('half_') && row.kind !== 'half_senior').length;
  if (half > quota!.quota) wrong.push(`${half} half-price tickets of ${quota!.quota}`);
  for (const row of rows) {
    if (row.state === 'held' && !promised.has(row.no)) wrong.push(`seat ${row.no} is held and nobody was told`);
  }
  for (const receipt of receipts) {
    if (receipt.status !== 201 && receipt.status !== 409) wrong.push(`an answer was ${receipt.status} ${receipt.code}`);
  }
  return wrong;
}

export type Edit = readonly [find: string | RegExp, put: string];

/** Applies an SQL source file with `edits` made to its text; every edit must find its place. */
export async function applyEdited(db: Database, file: string, edits: readonly Edit[]): Promise<void> {
  let text = await readFile(join(ROOT, file), 'utf8');
  for (const [find, put] of edits) {
    const edited = text.replaceAll(find, put);
    if (edited === text) throw new Error(`${file} has no ${String(find)}`);
    text = edited;
  }
  await db.rows(text);
}

/** Both parts of holding, applied anew with these edits: what the sets say yes to, and the careful look. */
export async function editHoldSeats(db: Database, edits: { sets?: readonly Edit[]; careful?: readonly Edit[] } = {}) {
  await applyEdited(db, 'capabilities/holds/hold-seats.fn.sql', edits.sets ?? []);
  await applyEdited(db, 'capabilities/holds/hold-carefully.fn.sql', edits.careful ?? []);
}

/** Pauses between looking and writing, so that a race that can happen does. */
export const PAUSE: Edit = [
  '  -- 7. Held: the order first',
  '  perform pg_sleep(0.04);\n  -- 7. Held: the order first',
];
export const PAUSE_SETS: Edit = ['  -- 5. Their orders.', '  perform pg_sleep(0.04);\n  -- 5. Their orders.'];
/** Sends every request to the careful look. */
export const ALL_CAREFUL: Edit = ['   where r.careful or bought.yes', '   where true or bought.yes'];
