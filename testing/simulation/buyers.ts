import { TICKETS_PER_BUYER_MAX } from '#contracts/outcomes';
import { BUYER_TICKET_KINDS } from '#contracts/ticket-kinds';
import type { Callers } from './callers.ts';
import type { StoredAnswer, Wish } from './commands.ts';
import { type Evidence, holdIn } from './evidence.ts';
import type { Heard } from './process.ts';
import type { Faults } from './faults.ts';
import type { Random } from './random.ts';
import type { Rows } from './rows.ts';
import type { Timeline } from './timeline.ts';

type Deps = {
  timeline: Timeline;
  random: Random;
  faults: () => Faults;
  callers: Callers;
  evidence: Evidence;
  /** Looked at, as a seat map is. */
  rows: Rows;
  count: (what: string) => void;
};

/** People that want seats: some persons have two accounts, all like the same few seats, and few do as they planned. */
export function sendBuyers(deps: Deps): void {
  const { timeline, random } = deps;
  const persons = random.between(2, 6);
  const buyers = random.between(persons, persons + 3);
  // A quiet day, a busy hour, or the minute when the sale opens.
  const spanMs = random.pick([900_000, 60_000, 1_000, 100]);
  for (let buyer = 0; buyer < buyers; buyer += 1) {
    const identity = { buyerId: `buyer ${buyer}`, buyerKey: `person ${buyer % persons}` };
    for (let turn = random.between(1, 4); turn > 0; turn -= 1) {
      timeline.after(random.between(0, spanMs), () => wantSeats(deps, identity, `${buyer}-${turn}`));
    }
  }
}

type Identity = { buyerId: string; buyerKey: string };

/** Few want many. */
const SEATS_WANTED = [1, 1, 2, 2, 3, 4, 5, 6, 8];

function wantSeats(deps: Deps, identity: Identity, key: string): void {
  const { timeline, random, callers, faults } = deps;
  const wish = drawWish(deps, identity, key);
  const hear = (heard: Heard) => {
    const hold = holdIn(heard);
    if (hold?.outcome === 'held') goOn(deps, wish, hold);
  };
  callers.hold(wish, hear);
  if (random.chance(faults().twiceAtOnce)) {
    deps.count('asked twice at once');
    timeline.after(random.between(0, 5), () => callers.hold({ ...wish, correlationId: `${key} again` }, () => {}));
  }
  if (random.chance(faults().twoDevices)) {
    deps.count('asked from two devices');
    // Seats next to them, of which some are the same; or free ones, one more than ten tickets allow.
    const beside = wish.seats.map((seat) => seat.seatNo + 1);
    const wanted = random.chance(0.5) ? beside : seatsPastLimit(deps, wish);
    const other = wishFor(deps, identity, wish.screeningId, wanted, `${key} elsewhere`);
    if (wanted.length > 0) timeline.after(random.between(0, 100), () => callers.hold(other, () => {}));
  }
  if (random.chance(faults().otherBody)) {
    deps.count('asked with another body');
    const { seats } = drawWish(deps, identity, key);
    const otherWish = withPrint({ ...wish, seats, correlationId: `${key} other` });
    timeline.after(random.between(0, 30_000), () => callers.hold(otherWish, hear));
  }
}

function drawWish(deps: Deps, identity: Identity, key: string): Wish {
  const { random, rows } = deps;
  const screeningId = random.chance(0.01) ? 99 : random.between(1, rows.screenings.size);
  const total = rows.screenings.get(screeningId)?.tickets.length ?? 10;
  const count = random.pick(SEATS_WANTED);
  // Neighbours, as people choose them, and once in a while a seat that does not exist.
  const first = random.between(1, Math.max(1, total - count + (random.chance(0.05) ? 2 : 1)));
  const seatNos = Array.from({ length: count }, (_, at) => first + at);
  return wishFor(deps, identity, screeningId, seatNos, key);
}

function wishFor({ random }: Deps, identity: Identity, screeningId: number, seatNos: number[], key: string): Wish {
  const halves = random.fraction();
  const seats = seatNos.map((seatNo): Wish['seats'][number] => ({
    seatNo,
    kind: random.chance(halves) ? random.pick(BUYER_TICKET_KINDS) : 'full',
  }));
  const { buyerId, buyerKey } = identity;
  return withPrint({ buyerId, buyerKey, screeningId, seats, key, correlationId: key, fingerprint: '' });
}

const withPrint = (wish: Wish): Wish => ({
  ...wish,
  fingerprint: `${wish.screeningId} ${wish.seats.map((seat) => `${seat.seatNo} ${seat.kind}`).join(', ')}`,
});

/** Seats are held: forget them, give them back, or pay. */
function goOn(deps: Deps, wish: Wish, hold: StoredAnswer): void {
  const { timeline, random } = deps;
  const orderId = hold.orderId!;
  if (random.chance(0.25)) {
    timeline.after(random.between(0, random.chance(0.2) ? 700_000 : 60_000), () => changeKinds(deps, orderId, wish));
  }
  const plan = random.fraction();
  if (plan < 0.15) return;
  if (plan < 0.35) return timeline.after(random.between(0, 600_000), () => release(deps, orderId));
  timeline.after(random.between(0, random.chance(0.2) ? 600_000 : 60_000), () => pay(deps, wish, orderId));
  // A change of mind that meets the payment on its way.
  if (random.chance(0.1)) timeline.after(random.between(0, 700_000), () => release(deps, orderId));
}

/** A student who finds the card, or loses it; once in a while for a seat that is not in the order. */
function changeKinds(deps: Deps, orderId: string, wish: Wish): void {
  const { random, callers, evidence } = deps;
  const chosen = random.chance(0.05) ? [1] : wish.seats.map((seat) => seat.seatNo);
  const { seats } = wishFor(deps, wish, wish.screeningId, chosen, wish.key);
  // One change an order, so that its outcome is known.
  if (evidence.kinds.has(orderId)) return;
  evidence.kinds.set(orderId, seats);
  callers.call({ kind: 'kinds', orderId, seats }, () => {});
}

function release({ callers, evidence }: Deps, orderId: string): void {
  evidence.releases.add(orderId);
  callers.call({ kind: 'release', orderId }, () => {});
}

function pay(deps: Deps, wish: Wish, orderId: string): void {
  const { timeline, random, faults, callers } = deps;
  callers.call({ kind: 'await', orderId }, ({ outcome, totalCents }) => {
    if (outcome !== 'awaiting') return;
    const isOdd = random.chance(faults().oddPayment);
    const paysTwice = isOdd && random.chance(0.5);
    takeMoney(deps, orderId, `${orderId} first`, isOdd && !paysTwice ? totalCents! + 1 : totalCents!);
    if (paysTwice) takeMoney(deps, orderId, `${orderId} second`, totalCents!);
    if (random.chance(faults().lateMoney)) timeline.after(random.between(400_000, 700_000), () => tryAgain(deps, wish));
  });
}

/** The provider takes the money, once, and tells until somebody has understood. */
function takeMoney(deps: Deps, orderId: string, attemptId: string, paidCents: number): void {
  const { timeline, random, faults, callers, evidence } = deps;
  const delayMs = random.chance(faults().lateMoney) ? random.between(0, 1_200_000) : random.between(500, 20_000);
  timeline.after(delayMs, () => {
    if (evidence.money.has(attemptId)) return;
    evidence.money.set(attemptId, { orderId, paidCents });
    const tell = () =>
      callers.call({ kind: 'capture', orderId, attemptId, paidCents }, ({ outcome }) => {
        if (outcome !== 'paid') return;
        evidence.paid.add(orderId);
        if (random.chance(0.2)) timeline.after(random.between(1_000, 900_000), () => askRefund(deps, orderId));
      });
    tell();
    // Webhook and return page come for the same money.
    if (random.chance(0.5)) timeline.after(random.between(0, 3_000), tell);
  });
}

/**
 * The page says that the time is over, and the money is still on its way: the buyer looks for free seats, anywhere, for
 * one person more than ten tickets would allow if the money came after all.
 */
function tryAgain(deps: Deps, wish: Wish): void {
  const seatNos = seatsPastLimit(deps, wish);
  if (seatNos.length === 0) return;
  deps.callers.hold(wishFor(deps, wish, wish.screeningId, seatNos, `${wish.key} anew`), () => {});
}

function seatsPastLimit({ rows, random }: Deps, wish: Wish): number[] {
  const own = new Set(wish.seats.map((seat) => seat.seatNo));
  const tickets = rows.screenings.get(wish.screeningId)?.tickets ?? [];
  const free = tickets.filter((ticket) => ticket.state === 'available' && !own.has(ticket.seatNo));
  const wanted = TICKETS_PER_BUYER_MAX + 1 - wish.seats.length;
  return random.sample(
    free.map((ticket) => ticket.seatNo),
    wanted,
  );
}

function askRefund({ callers, evidence }: Deps, orderId: string): void {
  evidence.refunds.add(orderId);
  callers.call({ kind: 'refund', orderId }, () => {});
}
