import { hash } from 'node:crypto';
import type { OrderLine } from '#contracts/orders';
import { chargedCents, countsInQuota, feeCents, type TicketKind } from '#contracts/ticket-kinds';
import { AGAIN } from '#platform/batcher';
import { assert } from '#platform/fault';
import { idText, newId, writeDerivedId, writeId } from '#platform/ids';
import { boolArray, byteaArray, int2Array, int4Array, int8HashArray, uuidArray, wordArray } from '#platform/pg-arrays';
import { sql } from '#platform/sql';
import type { HoldAnswer, HoldRequest, StoredHold } from './hold-seats.ts';
import type { HoldWriter } from './hold-writer.ts';
import type { PriceBook, Prices } from './price-book.ts';

/** A stretch of neighbouring seats of one kind and price: one step along the index of tickets. */
type Run = { from: number; to: number; kind: TicketKind; priceCents: number };

/** A request with everything that can be made ready before its turn. */
export type PreparedHold = {
  request: HoldRequest;
  /** False when the prices are not known: only the careful part of hold_seats can decide. */
  priced: boolean;
  orderId: Buffer;
  keyHash: Buffer;
  lines: readonly OrderLine[];
  runs: readonly Run[];
  feeBasisPoints: number;
  ticketsCents: number;
  feeCents: number;
  /** Tickets that count in the half-price quota. */
  half: number;
  /** The seats as read-seats.ts parses them: screening, then seat numbers, negative where the quota counts them. */
  notice: string;
};

// Screening and buyer; hashing keeps nothing of what it was given.
const origin = Buffer.alloc(4 + 16);

/** Twelve bytes of a hash, of which ten become the order's id. */
const originOf = (screeningId: number, buyerKey: Buffer): Buffer => {
  assert(buyerKey.length === 16, 'a buyer key is 16 bytes: of a longer one two buyers would share an order');
  origin.writeInt32BE(screeningId, 0);
  buyerKey.copy(origin, 4);
  return hash('sha256', origin, 'buffer');
};

/** The id of a buyer's n-th order of a screening (from 1): the same wherever it is made. */
export function orderIdOf(screeningId: number, buyerKey: Buffer, serial: number): string {
  const bytes = Buffer.allocUnsafe(16);
  writeDerivedId(bytes, 0, originOf(screeningId, buyerKey), serial, screeningId);
  return idText(bytes);
}

export function prepareHold(request: HoldRequest, prices: Prices | null): PreparedHold {
  const { screeningId } = request;
  const orderId = Buffer.allocUnsafe(16);
  writeDerivedId(orderId, 0, originOf(screeningId, request.buyerKey), 1, screeningId);
  const points = prices?.feeBasisPoints ?? 0;
  const seats = request.seats.length === 1 ? request.seats : request.seats.toSorted((a, b) => a.seatNo - b.seatNo);
  const lines: OrderLine[] = [];
  const runs: Run[] = [];
  let ticketsCents = 0;
  let fees = 0;
  let half = 0;
  let notice = String(screeningId);
  for (const { seatNo, kind } of seats) {
    const priceCents = prices ? (prices.exceptions.get(seatNo) ?? prices.priceCents) : 0;
    const charged = chargedCents(kind, priceCents);
    const fee = feeCents(charged, points);
    const inQuota = countsInQuota(kind);
    lines.push({ seatNo, kind, priceCents, chargedCents: charged, feeCents: fee });
    ticketsCents += charged;
    fees += fee;
    if (inQuota) half += 1;
    notice += inQuota ? `,-${seatNo}` : `,${seatNo}`;
    const run = runs.at(-1);
    if (run && run.to === seatNo - 1 && run.kind === kind && run.priceCents === priceCents) run.to = seatNo;
    else runs.push({ from: seatNo, to: seatNo, kind, priceCents });
  }
  return {
    request,
    priced: prices !== null,
    orderId,
    keyHash: hash('sha256', request.key, 'buffer'),
    lines,
    runs,
    feeBasisPoints: points,
    ticketsCents,
    feeCents: fees,
    half,
    notice,
  };
}

/** Decides these requests in one call and one commit; one answer each, in their order. */
export async function flushHolds(
  deps: { writer: HoldWriter; priceBook: PriceBook; holdSeconds: number },
  holds: readonly PreparedHold[],
): Promise<(HoldAnswer | typeof AGAIN)[]> {
  const rows = await deps.writer.call<{ request_no: number; outcome: string; answer: string | null }>(
    HOLD_SEATS,
    parametersOf(holds, deps.holdSeconds),
  );
  const heldUntil = new Date(Number(rows[0]!.answer)).toISOString();
  const answers: (HoldAnswer | typeof AGAIN)[] = holds.map(({ request, orderId, lines }) => ({
    kind: 'first',
    hold: {
      outcome: 'held',
      instance: request.correlationId,
      orderId: idText(orderId),
      heldUntil,
      lines: lines as OrderLine[],
    },
  }));
  for (const row of rows.slice(1)) {
    const hold = holds[row.request_no - 1]!;
    // What was believed of its prices may be the reason for the careful look.
    if (row.outcome === 'held') deps.priceBook.forget(hold.request.screeningId);
    answers[row.request_no - 1] = answerOf(row, hold.request);
  }
  return answers;
}

function answerOf(row: { outcome: string; answer: string | null }, request: HoldRequest): HoldAnswer | typeof AGAIN {
  if (row.outcome === 'again') return AGAIN;
  if (row.outcome === 'mismatch') return { kind: 'mismatch' };
  const hold = storedOf(row.answer!);
  // After a lost connection our own first run comes back as a replay; its instance tells it apart.
  return { kind: row.outcome === 'replay' && hold.instance !== request.correlationId ? 'replay' : 'first', hold };
}

/** A time has one spelling, whoever wrote it down. */
function storedOf(answer: string): StoredHold {
  const stored = JSON.parse(answer) as StoredHold;
  return stored.outcome === 'held' ? { ...stored, heldUntil: new Date(stored.heldUntil).toISOString() } : stored;
}

/** More than any seat number, so that screening and seat are one number. */
const SEATS_BEYOND = 8_192;

/**
 * Which requests share a seat or a (screening, buyer) with an earlier one of the same flush: those cannot be claimed by
 * sets, and are decided after the others, one by one.
 */
export function meetEarlier(requests: readonly HoldRequest[]): boolean[] {
  const claimed = new Set<number>();
  const people = new Set<string>();
  return requests.map((request) => {
    const person = request.screeningId + request.buyerKey.toString('latin1');
    let meets = people.has(person);
    people.add(person);
    for (const { seatNo } of request.seats) {
      const seat = request.screeningId * SEATS_BEYOND + seatNo;
      if (claimed.has(seat)) meets = true;
      else claimed.add(seat);
    }
    return meets;
  });
}

type PlacedRun = Run & { requestNo: number; screeningId: number };
type Shown = { screeningId: number; points: number; half: number };

function parametersOf(holds: readonly PreparedHold[], holdSeconds: number): unknown[] {
  const meets = meetEarlier(holds.map((hold) => hold.request));
  const careful = holds.map((hold, index) => meets[index]! || !hold.priced);
  const seats: OrderLine[] = [];
  const runs: PlacedRun[] = [];
  const shown = new Map<number, Shown>();
  const firsts: number[] = [];
  for (const [index, hold] of holds.entries()) {
    firsts.push(seats.length + 1);
    seats.push(...hold.lines);
    if (careful[index]) continue;
    const { screeningId } = hold.request;
    for (const run of hold.runs) runs.push({ ...run, requestNo: index + 1, screeningId });
    const sale = shown.get(screeningId);
    if (sale) sale.half += hold.half;
    else shown.set(screeningId, { screeningId, points: hold.feeBasisPoints, half: hold.half });
  }
  runs.sort((a, b) => a.screeningId - b.screeningId || a.from - b.from);
  const sales = [...shown.values()].sort((a, b) => a.screeningId - b.screeningId);
  return [
    int4Array(holds, (hold) => hold.request.screeningId),
    uuidArray(holds, (into, offset, hold) => void hold.orderId.copy(into, offset)),
    uuidArray(holds, (into, offset, hold) => writeId(into, offset, hold.request.buyerId)),
    byteaArray(holds, 16, (hold) => hold.request.buyerKey),
    int8HashArray(holds, (hold) => hold.keyHash),
    int8HashArray(holds, (hold) => hold.request.fingerprint),
    uuidArray(holds, (into, offset, hold) => writeId(into, offset, hold.request.correlationId)),
    boolArray(careful, (flag) => flag),
    int2Array(holds, (hold) => hold.feeBasisPoints),
    int4Array(holds, (hold) => hold.ticketsCents),
    int4Array(holds, (hold) => hold.feeCents),
    int2Array(firsts, (first) => first),
    int2Array(firsts.keys().toArray(), (index) => firsts[index]! + holds[index]!.lines.length - 1),
    int2Array(holds, (hold) => hold.half),
    int2Array(seats, (seat) => seat.seatNo),
    wordArray(seats, (seat) => seat.kind),
    int4Array(seats, (seat) => seat.priceCents),
    int2Array(runs, (run) => run.requestNo),
    int4Array(runs, (run) => run.screeningId),
    int2Array(runs, (run) => run.from),
    int2Array(runs, (run) => run.to),
    wordArray(runs, (run) => run.kind),
    int4Array(runs, (run) => run.priceCents),
    int4Array(sales, (sale) => sale.screeningId),
    int2Array(sales, (sale) => sale.points),
    int4Array(sales, (sale) => sale.half),
    wordArray(holds, (hold) => `"${hold.notice}"`),
    holdSeconds,
    newId(),
  ];
}

const HOLD_SEATS = {
  name: 'hold_seats',
  text: sql`
    select request_no, outcome, answer from holds.hold_seats(
      $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24,
      $25, $26, $27, $28, $29)`,
};
