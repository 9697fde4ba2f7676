import assert from 'node:assert/strict';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { after, test } from 'node:test';
import { aScreening } from '#testing/builders';
import { testDatabase } from '#testing/database';
import { aWish, holdNow } from '#testing/holding';
import { createSeatHolder } from './hold-seats.ts';

const db = await testDatabase();

/** Stands between holder and database; when told, lets one request through and cuts the wire instead of the reply. */
async function aWire() {
  const target = new URL(db.connectionString);
  const sockets = new Set<Socket>();
  let cutNext = false;
  let cuts = 0;
  const server = createServer((near) => {
    const far = connect(Number(target.port), target.hostname);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        near.destroy();
        far.destroy();
      });
    }
    near.on('data', (chunk) => far.write(chunk));
    far.on('data', (chunk) => {
      if (!cutNext) {
        near.write(chunk);
        return;
      }
      // The reply is here, so the transaction has committed; nobody will ever know from this connection.
      cutNext = false;
      cuts += 1;
      near.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = new URL(db.connectionString);
  url.hostname = '127.0.0.1';
  url.port = String((server.address() as AddressInfo).port);
  return {
    url: url.href,
    cut: () => (cutNext = true),
    cuts: () => cuts,
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

test('a reply lost after COMMIT: the buyer still gets the first answer, and the seats were taken once', async () => {
  const wire = await aWire();
  const holder = createSeatHolder({ connectionString: wire.url, holdSeconds: 480, lanes: 1 });
  after(async () => {
    await holder.close();
    wire.close();
  });
  const { screeningId } = await aScreening(db);
  await holdNow(holder, aWish(screeningId, [10]));
  const wish = aWish(screeningId, [1, 2]);
  wire.cut();
  const answer = await holder.hold(wish);
  assert.equal(wire.cuts(), 1);
  assert.ok(answer.kind === 'first' && answer.hold.outcome === 'held');
  const orders = await db.rows('select order_id from orders.orders where buyer_id = $1', [wish.buyerId]);
  assert.deepEqual(orders, [{ order_id: answer.hold.orderId }]);
  const tickets = await db.rows('select seat_no from holds.tickets where order_id = $1', [answer.hold.orderId]);
  assert.equal(tickets.length, 2);
});

test('a database that stays away is a fault for this flush, not an end of the holder', async () => {
  const wire = await aWire();
  const holder = createSeatHolder({ connectionString: wire.url, holdSeconds: 480, lanes: 1 });
  const { screeningId } = await aScreening(db);
  await holdNow(holder, aWish(screeningId, [10]));
  wire.close();
  await assert.rejects(holder.hold(aWish(screeningId, [1])), { code: 'database_unavailable' });
  await holder.close();
});
