import { TICKETS_PER_BUYER_MAX } from '#contracts/outcomes';
import { countsInQuota } from '#contracts/ticket-kinds';
import { keptUntil } from './check-rows.ts';
import type { Command, Reply, StoredAnswer, Wish } from './commands.ts';
import { type OrderRow, personOf, type Rows } from './rows.ts';

/** Looks after a batch whether its refusals were true, from the tables alone; null when all were. */
export type RefusalsChecker = { check(command: Command, reply: Reply, now: number): string | null };

export function createRefusalsChecker(rows: Rows): RefusalsChecker {
  const alive = (now: number) => [...rows.orders.values()].filter((order) => keptUntil(order) > now);

  /** What the person has now, but for what a later request of the same batch was given. */
  const wrongLimit = (wish: Wish, hold: StoredAnswer, batch: Set<string>, now: number): string | null => {
    const own = alive(now).filter((order) => personOf(order) === personOf(wish));
    const count = (orders: OrderRow[]) => orders.reduce((sum, order) => sum + order.seatNos.length, 0);
    const before = count(own.filter((order) => !batch.has(order.correlationId)));
    const isTrue = hold.already! >= before && hold.already! <= count(own);
    const isPassed = hold.already! + wish.seats.length > TICKETS_PER_BUYER_MAX;
    return isTrue && isPassed ? null : `${wish.key} was told of ${hold.already} tickets, and has ${count(own)}`;
  };

  const wrongHalf = (wish: Wish, hold: StoredAnswer, now: number): string | null => {
    const orders = alive(now).filter((order) => order.screeningId === wish.screeningId);
    const used = orders.flatMap((order) => order.kinds).filter(countsInQuota).length;
    const wanted = wish.seats.filter((seat) => countsInQuota(seat.kind)).length;
    const left = Math.max(0, rows.screenings.get(wish.screeningId)!.quota - used);
    // A later request of the batch, smaller, may have got what was left.
    return hold.left! >= left && hold.left! < wanted ? null : `${wish.key} was told of ${hold.left}, left are ${left}`;
  };

  const wrongSeats = (wish: Wish, hold: StoredAnswer, now: number): string | null => {
    const owners = new Set(alive(now).map((order) => order.orderId));
    const free = hold.seatNos!.filter((seatNo) => {
      const { state, orderId } = rows.screenings.get(wish.screeningId)!.tickets[seatNo - 1]!;
      return state !== 'blocked' && (orderId === null || !owners.has(orderId));
    });
    return free.length > 0 ? `${wish.key} was told that seat ${free[0]} is taken` : null;
  };

  return {
    check: (command, reply, now) => {
      if (command.kind !== 'hold' || reply.kind !== 'hold') return null;
      const batch = new Set(command.requests.map((wish) => wish.correlationId));
      for (const [at, wish] of command.requests.entries()) {
        const answer = reply.replies[at]!;
        if (answer.kind !== 'first') continue;
        const hold = JSON.parse(answer.body) as StoredAnswer;
        let wrong: string | null = null;
        if (hold.outcome === 'limit_reached') wrong = wrongLimit(wish, hold, batch, now);
        if (hold.outcome === 'half_price_exhausted') wrong = wrongHalf(wish, hold, now);
        if (hold.outcome === 'seat_taken') wrong = wrongSeats(wish, hold, now);
        if (wrong) return wrong;
      }
      return null;
    },
  };
}
