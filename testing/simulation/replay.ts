import { createHash } from 'node:crypto';
import { blockSeats, type HoldAnswer, type SeatHolder } from '#capabilities/holds';
import {
  awaitPayment,
  changeKinds,
  confirmPaid,
  expireOrders,
  refundOrder,
  releaseOrder,
  screeningOf,
} from '#capabilities/orders';
import { setSalesStatus } from '#capabilities/screenings';
import type { Database } from '#platform/postgres';
import { aScreening } from '#testing/builders';
import type { Command, Commit, HoldReply, Reply, StoredAnswer, Wish } from './commands.ts';
import { decide } from './database-model.ts';
import type { Without } from './guards.ts';
import {
  assertSameTick,
  isOld,
  modelTables,
  moveTime,
  postgresTables,
  storyMs,
  tableDifferences,
  uuidOf,
  type VirtualTime,
  wordsOfLines,
} from './postgres-rows.ts';
import { createRandom } from './random.ts';
import { drawRows, type Rows, type ScreeningRow, serialOf } from './rows.ts';
import type { Story } from './simulate.ts';

const UNKNOWN_SCREENING = 2_000_000_000;
/** The tables are compared after so many commits, and at the end; answers after each. */
const COMPARE_EVERY = 10;

/**
 * Plays the commits of a story, in their order and at their times, through the public doors of holds, orders and
 * screenings on a real PostgreSQL, and says where answers or tables differ from the model's; empty when nowhere.
 * Removes what an earlier story left in these tables, so the database must be a test's own. `holder` keeps seats for
 * HOLD_MS. Not played: what the payments capability does itself (each attempt captured once, the money back).
 */
export async function replay(
  { db, holder }: { db: Database; holder: SeatHolder },
  story: Pick<Story, 'seed' | 'commits'>,
  without: Without = new Set(),
): Promise<string[]> {
  await db.rows('truncate holds.tickets, holds.quotas, holds.refusals, orders.orders, tickets.issued');
  const rows = drawRows(createRandom(story.seed));
  const stage = await setStage(db, holder, rows);
  for (const [at, commit] of story.commits.entries()) {
    if (isOld(stage.time, commit.now)) stage.time = await moveTime(db, stage.time, commit.now);
    decide(rows, asPlayed(commit), commit.now, without);
    const wrong = await play(stage, commit);
    const isTimeToCompare = at % COMPARE_EVERY === 0 || at === story.commits.length - 1;
    if (wrong.length === 0 && isTimeToCompare) {
      const names = { screenings: flipped(stage.screenings), orders: flipped(stage.orders) };
      wrong.push(...tableDifferences(modelTables(rows, commit.now), await postgresTables(db, stage.time, names)));
    }
    await assertSameTick(db, stage.time);
    if (wrong.length > 0) return wrong.map((line) => `commit ${at}, ${commit.command.kind}: ${line}`);
  }
  return [];
}

/**
 * A command as PostgreSQL gets it here. Nobody else is in the database, so there is no old look and no lock of others:
 * who was told to come again is not there, since they stand in a later batch of the story as well.
 */
function asPlayed({ command, reply }: Commit): Command {
  if (command.kind !== 'hold' || reply.kind !== 'hold') return command;
  const requests = command.requests.filter((_, at) => reply.replies[at]!.kind !== 'again');
  return { kind: 'hold', requests, processNow: command.processNow };
}

type Stage = {
  db: Database;
  holder: SeatHolder;
  time: VirtualTime;
  /** From the names of the story to the ids of PostgreSQL. */
  screenings: Map<number, number>;
  orders: Map<string, string>;
};

async function setStage(db: Database, holder: SeatHolder, rows: Rows): Promise<Stage> {
  const screenings = new Map<number, number>();
  for (const screening of rows.screenings.values()) {
    screenings.set(screening.screeningId, await register(db, screening));
  }
  const time = { anchorMs: 0, nowMs: -1 }; // Moved before the first command.
  return { db, holder, time, screenings, orders: new Map() };
}

async function register(db: Database, { tickets, quota, priceCents }: ScreeningRow): Promise<number> {
  const made = await aScreening(db, { rows: 1, perRow: tickets.length, quota, priceCents });
  return made.screeningId;
}

async function play(stage: Stage, { command, reply }: Commit): Promise<string[]> {
  if (reply.kind === 'hold') return playBatch(stage, command, reply.replies);
  // An attempt is captured once: payments see that under the attempt's lock and do not ask the order.
  if (reply.outcome === 'captured_before') return [];
  const told = await ask(stage, command);
  return told === wordsOf(reply) ? [] : [`the model answers "${wordsOf(reply)}", PostgreSQL "${told}"`];
}

const wordsOf = (reply: Extract<Reply, { kind: 'outcome' }>): string =>
  [reply.outcome, reply.totalCents, reply.seatNos?.join(','), reply.count]
    .filter((word) => word !== undefined)
    .join(' ');

/** Calls the door that a command stands for; its outcome, in the words of wordsOf. */
async function ask(stage: Stage, command: Command): Promise<string> {
  const { db } = stage;
  switch (command.kind) {
    case 'kinds': {
      const { seats } = command;
      return db.transaction((tx) => changeKinds(tx, { ...orderOf(stage, command.orderId), seats }));
    }
    case 'await': {
      const answer = await db.transaction((tx) => awaitPayment(tx, orderOf(stage, command.orderId)));
      return answer.outcome === 'awaiting' ? `awaiting ${answer.totalCents}` : answer.outcome;
    }
    case 'capture': {
      const payment = { ...orderOf(stage, command.orderId), paidCents: command.paidCents };
      return db.transaction((tx) => confirmPaid(tx, payment));
    }
    case 'release':
      return db.transaction((tx) => releaseOrder(tx, orderOf(stage, command.orderId)));
    case 'refund':
      return db.transaction((tx) => refundOrder(tx, { ...orderOf(stage, command.orderId), reason: 'buyer' }));
    case 'expire':
      return `expired ${await expireOrders(db, 1_000)}`;
    case 'block': {
      const screeningId = stage.screenings.get(command.screeningId)!;
      const answer = await db.transaction((tx) => blockSeats(tx, { ...command, screeningId }));
      return answer.outcome === 'seat_taken' ? `seat_taken ${answer.seatNos.join(',')}` : answer.outcome;
    }
    case 'sale': {
      const screeningId = stage.screenings.get(command.screeningId)!;
      return db.transaction((tx) => setSalesStatus(tx, { screeningId, status: command.status }));
    }
    case 'hold':
      throw new Error('bug: a batch is played by playBatch');
  }
}

function orderOf(stage: Stage, name: string) {
  const orderId = stage.orders.get(name);
  // Only a house without its guards speaks of orders that PostgreSQL does not have.
  const screeningId = orderId ? screeningOf(orderId)! : UNKNOWN_SCREENING;
  return { orderId: orderId ?? uuidOf(name), screeningId, correlationId: uuidOf(`of ${name}`) };
}

/** What one batch decided, as one batch: asked in the same turn of one lane, what is of one screening travels together. */
async function playBatch(stage: Stage, command: Command, replies: readonly HoldReply[]): Promise<string[]> {
  const requests = command.kind === 'hold' ? command.requests : [];
  const decided = requests.flatMap((wish, at) =>
    replies[at]!.kind === 'again' ? [] : [{ wish, reply: replies[at]! }],
  );
  const answers = await Promise.all(decided.map(({ wish }) => stage.holder.hold(requestOf(stage, wish))));
  return decided.flatMap(({ wish, reply }, at) => {
    const wrong = compareHold(stage, wish, reply, answers[at]!);
    return wrong === null ? [] : [`${wish.key}: ${wrong}`];
  });
}

/** Null when PostgreSQL answered as the model did, a replay word for word as the first time. */
function compareHold(stage: Stage, wish: Wish, reply: HoldReply, answer: HoldAnswer): string | null {
  if (!('body' in reply))
    return reply.kind === answer.kind ? null : `the model answers ${reply.kind}, not ${answer.kind}`;
  if (!('hold' in answer)) return `the model answers ${reply.body}, PostgreSQL ${answer.kind}`;
  const expected = JSON.parse(reply.body) as StoredAnswer;
  // A batch that runs again finds its own answer; the seat holder knows it by its correlation id.
  const kind = expected.instance === wish.correlationId ? 'first' : 'replay';
  if (expected.outcome === 'held' && answer.hold.outcome === 'held') {
    const { orderId } = answer.hold;
    const known = stage.orders.get(expected.orderId!) ?? orderId;
    if (known !== orderId) return `the order was ${known} and is now ${orderId}`;
    const serial = Number.parseInt(orderId.slice(24, 28), 16);
    if (serial !== serialOf(expected.orderId!))
      return `the model makes ${expected.orderId}, PostgreSQL number ${serial}`;
    stage.orders.set(expected.orderId!, orderId);
  }
  const until = 'heldUntil' in answer.hold ? storyMs(stage.time, Date.parse(answer.hold.heldUntil)) : undefined;
  const ours = `${kind} ${wordsOfHold({ ...expected, instance: uuidOf(expected.instance) }, expected.heldUntil)}`;
  const theirs = `${answer.kind} ${wordsOfHold(answer.hold, until)}`;
  return ours === theirs ? null : `the model answers "${ours}", PostgreSQL "${theirs}"`;
}

function wordsOfHold(hold: Omit<StoredAnswer, 'orderId' | 'heldUntil'>, heldUntil: number | undefined): string {
  const { outcome, instance, lines, seatNos, already, left } = hold;
  return JSON.stringify([outcome, instance, lines && wordsOfLines(lines), seatNos, already, left, heldUntil]);
}

const requestOf = (stage: Stage, wish: Wish) => ({
  screeningId: stage.screenings.get(wish.screeningId) ?? UNKNOWN_SCREENING,
  seats: wish.seats,
  buyerId: uuidOf(wish.buyerId),
  buyerKey: createHash('md5').update(wish.buyerKey).digest(),
  key: wish.key,
  fingerprint: createHash('sha256').update(wish.fingerprint).digest(),
  correlationId: uuidOf(wish.correlationId),
});

const flipped = <K, V>(names: Map<K, V>): Map<V, K> => new Map([...names].map(([name, id]) => [id, name]));
