import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { newId } from '#platform/ids';
import { startApiProcess } from '#testing/api-process';
import { aScreening } from '#testing/builders';
import { testDatabase } from '#testing/database';
import { aCpf, signedInBuyer, testAccounts } from '#testing/people';
import { missing, PROXIES, startProxy } from '#testing/proxies';

// The real product: two API processes on one PostgreSQL behind each proxy, and one of them killed while people buy.

const db = await testDatabase();
const accounts = testAccounts(db);
const absent = Object.fromEntries(await Promise.all(PROXIES.map(async (name) => [name, await missing(name)] as const)));

const BUYERS = 24;
const buyers = await Promise.all(
  Array.from({ length: BUYERS }, async () => {
    const buyer = await signedInBuyer(db, accounts);
    await db.transaction((tx) => accounts.bindCpf(tx, { accountId: buyer.accountId, cpf: aCpf(), name: 'Ana Souza' }));
    return buyer;
  }),
);

type Receipt = { screeningId: number; seatNo: number; orderId: string; tries: number };

/** One seat for one buyer, as a page asks for it: with the same key until there is an answer. */
async function hold(url: string, token: string, screeningId: number, seatNo: number): Promise<Receipt> {
  const key = newId();
  for (let tries = 1; tries <= 20; tries += 1) {
    const answer = await fetch(`${url}/api/screenings/${screeningId}/holds`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': key, cookie: `poltrona_session=${token}` },
      body: JSON.stringify({ seats: [{ seatNo, kind: 'full' }] }),
    });
    const body = (await answer.json()) as { orderId: string; code?: string };
    if (answer.status === 201) return { screeningId, seatNo, orderId: body.orderId, tries };
    assert.ok(answer.status >= 502 || body.code === 'request_in_progress', `${answer.status} ${body.code}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('no answer after twenty tries');
}

for (const name of PROXIES) {
  describe(name, { skip: absent[name] ?? false }, () => {
    test('a hold is seen on a live map, and an unchanged map is 304', async () => {
      const { screeningId } = await aScreening(db);
      const apis = await Promise.all([startApiProcess(db.connectionString), startApiProcess(db.connectionString)]);
      const proxy = await startProxy(
        name,
        apis.map(({ port }) => port),
      );
      const maps = `${proxy.url}/api/screenings/${screeningId}`;
      const live = (await fetch(`${maps}/live`)).body!.pipeThrough(new TextDecoderStream()).getReader();
      let text = '';
      const until = async (event: string) => {
        while (!text.includes(`event: ${event}`)) text += (await live.read()).value ?? '';
      };
      await until('snapshot');
      await hold(proxy.url, buyers[0]!.token, screeningId, 50);
      await until('delta');
      const etag = (await fetch(`${maps}/seats`)).headers.get('etag')!;
      const again = await fetch(`${maps}/seats`, { headers: { 'if-none-match': etag } });
      await live.cancel();
      await proxy.stop();
      await Promise.all(apis.map((api) => api.stop()));
      assert.equal(again.status, 304);
    });

    test('one of two processes is killed while people buy: no read fails, each hold is answered and made once', async () => {
      const screenings = await Promise.all(Array.from({ length: 8 }, () => aScreening(db)));
      const [first, second] = await Promise.all([
        startApiProcess(db.connectionString),
        startApiProcess(db.connectionString),
      ]);
      const proxy = await startProxy(name, [first.port, second.port]);
      const reads: number[] = [];
      const reading = new AbortController();
      const readers = screenings.map(async ({ screeningId }) => {
        while (!reading.signal.aborted) {
          const answer = await fetch(`${proxy.url}/api/screenings/${screeningId}/seats`);
          await answer.arrayBuffer();
          reads.push(answer.status);
        }
      });
      const tapes = buyers.map(async ({ token }, index) => {
        const receipts: Receipt[] = [];
        for (let turn = 0; turn < 3; turn += 1) {
          const { screeningId } = screenings[(index + turn) % screenings.length]!;
          receipts.push(await hold(proxy.url, token, screeningId, 1 + index + (turn === 0 ? 0 : BUYERS)));
          if (index === BUYERS - 1 && turn === 0) await first.kill();
        }
        return receipts;
      });
      const receipts = (await Promise.all(tapes)).flat();
      const seenBefore = reads.length;
      while (reads.length < seenBefore + 50) await new Promise((resolve) => setTimeout(resolve, 10));
      reading.abort();
      await Promise.all(readers);
      await proxy.stop();
      await second.stop();

      assert.deepEqual([...new Set(reads)], [200]);
      const orders = await db.rows<{ id: string; seats: number }>(
        `select o.order_id as id, (select count(*)::integer from holds.tickets t
           where t.screening_id = o.screening_id and t.order_id = o.order_id) as seats
         from orders.orders o where o.screening_id = any ($1)`,
        [screenings.map(({ screeningId }) => screeningId)],
      );
      assert.deepEqual(orders.map(({ id }) => id).sort(), receipts.map(({ orderId }) => orderId).sort());
      assert.ok(orders.every(({ seats }) => seats === 1));
      // HAProxy itself sends a keyed request again; with nginx the buyer's page does.
      if (name === 'haproxy') assert.deepEqual([...new Set(receipts.map(({ tries }) => tries))], [1]);
    });
  });
}
