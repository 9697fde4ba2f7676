import { newId, newShardedId } from '#platform/ids';
import type { Database } from '#platform/postgres';
import { chargedCents, feeCents, type TicketKind } from '#contracts/ticket-kinds';

export type SoldLine = { seatNo: number; kind?: TicketKind };

/** An order in state paid with its seats sold, written without the way there; no tickets issued yet. */
export async function aPaidOrder(
  db: Database,
  screening: { screeningId: number; priceCents: number },
  sold: SoldLine[],
  buyerId: string = newId(),
) {
  const orderId = newShardedId(screening.screeningId);
  const lines = sold.map(({ seatNo, kind = 'full' }) => {
    const charged = chargedCents(kind, screening.priceCents);
    const price = screening.priceCents;
    return { seatNo, kind, priceCents: price, chargedCents: charged, feeCents: feeCents(charged, 1000) };
  });
  const ticketsCents = lines.reduce((sum, line) => sum + line.chargedCents, 0);
  const fees = lines.reduce((sum, line) => sum + line.feeCents, 0);
  await db.rows(
    `insert into orders.orders (screening_id, order_id, buyer_id, buyer_key, state, key_hash, body_hash, seat_nos, kinds, price_cents,
       fee_basis_points, seat_count, tickets_cents, fee_cents, total_cents, held_until, seats_until, correlation_id, paid_at)
     values ($1, $2, $3, decode(md5($3::uuid::text), 'hex'), 'paid', 0, 0, $4, $5, $6, 1000, cardinality($4::smallint[]),
       $7, $8, $7::int + $8::int, now(), now(), $9, now())`,
    [
      screening.screeningId,
      orderId,
      buyerId,
      lines.map((line) => line.seatNo),
      lines.map((line) => line.kind),
      lines.map((line) => line.priceCents),
      ticketsCents,
      fees,
      newId(),
    ],
  );
  await db.rows(
    `update holds.tickets as ticket set state = 'sold', order_id = $2, kind = line.kind,
       charged_cents = line."chargedCents", fee_cents = line."feeCents"
     from jsonb_to_recordset($3) as line ("seatNo" smallint, kind holds.ticket_kind, "chargedCents" int, "feeCents" int)
     where ticket.screening_id = $1 and ticket.seat_no = line."seatNo"`,
    [screening.screeningId, orderId, JSON.stringify(lines)],
  );
  return { screeningId: screening.screeningId, orderId, buyerId, lines };
}
