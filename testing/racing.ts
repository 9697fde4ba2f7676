import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Database } from '#platform/postgres';
import { audit as auditRows } from './auditor.ts';
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
 * What is wrong, in words: the receipts against the rows (testing/auditor.ts), and answers that no race explains. An
 * empty list when every receipt is true and no rule is broken.
 */
export async function audit(db: Database, screeningId: number, receipts: readonly Receipt[]): Promise<string[]> {
  const found = await auditRows(db, {
    screeningIds: [screeningId],
    everybodyWasAnswered: true,
    receipts: receipts
      .filter((receipt) => receipt.status === 201)
      .map(({ buyer, seatNos, orderId }) => ({
        screeningId,
        buyer: `buyer ${buyer}`,
        seatNos,
        orderId: orderId!,
        told: 'held',
      })),
  });
  const odd = receipts.filter(({ status }) => status !== 201 && status !== 409);
  return [...found.map(({ text }) => text), ...odd.map(({ status, code }) => `an answer was ${status} ${code}`)];
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
