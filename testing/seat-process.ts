// One API process with the seat routes, for races between processes:
//   node testing/seat-process.ts <connection string> [<number of buyers>]
// Says {"port"} on standard output, ends when its standard input does. Sessions are by name: buyer b17 is person 17.
import type { AddressInfo } from 'node:net';
import pino from 'pino';
import { createSeatHolder } from '#capabilities/holds';
import { systemClock } from '#platform/clock';
import { serveHot } from '#platform/hot-http/hot-connections';
import { createDatabase } from '#platform/postgres';
import { NO_HOLD_LIMITS } from '../apps/api/hold-limits.ts';
import { createHoldDesk } from '../apps/api/hold-desk.ts';
import { createHotRoutes } from '../apps/api/hot/hot-routes.ts';
import { createSeatMaps } from '../apps/api/live/seat-maps.ts';
import { createStreams } from '../apps/api/live/streams.ts';
import { registerSeatRoutes } from '../apps/api/routes/seats.ts';
import { testApi } from './api.ts';
import { aNumberedBuyer, NUMBERED_BUYERS } from './racing.ts';

const connectionString = process.argv[2];
const buyers = Number(process.argv[3] ?? NUMBERED_BUYERS);
if (!connectionString) throw new Error('usage: node testing/seat-process.ts <connection string> [<number of buyers>]');
const log = pino({ level: 'silent' });
const db = createDatabase({ connectionString, connectionsMax: 3 });
const seatHolder = createSeatHolder({ connectionString, holdSeconds: 480, lanes: 2 });
const holdDesk = createHoldDesk({ db, seatHolder, limits: NO_HOLD_LIMITS });
const seatMaps = await createSeatMaps({ db, log, clock: systemClock });
const streams = createStreams();
const people = Object.fromEntries(
  Array.from({ length: buyers }, (_, number) => [`b${number}`, aNumberedBuyer(number)]),
);
const api = await testApi(people, (api) => registerSeatRoutes(api, { db, seatMaps, holdDesk, streams }));
const hotRoutes = await createHotRoutes({
  api,
  clock: systemClock,
  seatMaps,
  holdDesk,
  peekSession: (token) => people[token] ?? null,
  resolveSession: async () => null,
  peekPage: () => null,
  peekWebPage: () => null,
  trustProxy: false,
});
const hot = serveHot(api.server, hotRoutes);
await api.listen({ port: 0, host: '127.0.0.1' });
process.stdout.write(`${JSON.stringify({ port: (api.server.address() as AddressInfo).port })}\n`);

process.stdin.resume();
process.stdin.on('end', () => {
  void (async () => {
    streams.close();
    hot.close();
    await api.close();
    await seatHolder.close();
    await seatMaps.close();
    await db.close();
  })();
});
