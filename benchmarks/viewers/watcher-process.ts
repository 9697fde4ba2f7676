// One process full of viewers: bare sockets that read server-sent events as a page would, and know when they saw what.
import { connect, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { createChain, createReader } from './chain.ts';
import { monotonicMs } from './machine.ts';

export type WatchOrder = {
  port: number;
  count: number;
  screenings: number[];
  /** Local addresses 127.0.<net>.1 and on, this many viewers each. */
  net: number;
  perAddress: number;
};
/** When each viewer of this process saw a version. */
export type Sighting = { screeningId: number; seats: number[]; at: Float64Array };
export type WatchReport = {
  sightings: Sighting[];
  /** Of every viewer: screening, and the map it shows. */
  shown: [screeningId: number, states: string, viewers: number][];
  gaps: number;
  contradictions: number;
  refused: number;
  cpuSeconds: number;
};

type Viewer = {
  screeningId: number;
  address: string;
  /** The version at hand; empty until the snapshot came. */
  at: string;
  /** Bytes of an event that is not whole yet. */
  rest: string;
  headRead: boolean;
  chunked: boolean;
  retryMs: number;
  backoffMs: number;
};

const RETRY_MS = 3_000;
const BACKOFF_FIRST_MS = 500;
const BACKOFF_MAX_MS = 15_000;
const IN_FLIGHT_MAX = 100;

const read = createReader();
const chain = createChain();
const viewers: Viewer[] = [];
const sightings = new Map<string, { screeningId: number; seats: number[]; at: number[] }>();
let order: WatchOrder;
let watching = 0;
let [gaps, refused] = [0, 0];

// One buffer for all sockets: what is read is used up before the next read.
const shared = Buffer.allocUnsafe(64 * 1024);

function open(viewer: Viewer, opened?: () => void): void {
  Object.assign(viewer, { at: '', rest: '', headRead: false });
  const socket = connect({
    port: order.port,
    host: '127.0.0.1',
    localAddress: viewer.address,
    onread: {
      buffer: shared,
      callback: (length: number) => {
        take(viewer, socket, shared.toString('latin1', 0, length));
        return true;
      },
    },
  });
  socket.on('connect', () =>
    socket.write(
      `GET /api/screenings/${viewer.screeningId}/live HTTP/1.1\r\nhost: bench\r\naccept: text/event-stream\r\n\r\n`,
    ),
  );
  socket.on('error', () => {});
  socket.on('close', () => {
    if (viewer.at !== '') watching -= 1;
    viewer.at = '';
    opened?.();
    setTimeout(() => open(viewer), viewer.retryMs);
  });
  if (opened) whenWatching.set(viewer, opened);
}
const whenWatching = new Map<Viewer, () => void>();

function take(viewer: Viewer, socket: Socket, bytes: string): void {
  let text = viewer.rest === '' ? bytes : viewer.rest + bytes;
  if (!viewer.headRead) {
    const end = text.indexOf('\r\n\r\n');
    if (end === -1) return void (viewer.rest = text);
    if (!text.startsWith('HTTP/1.1 200')) return turnAway(viewer, socket);
    viewer.headRead = true;
    viewer.backoffMs = BACKOFF_FIRST_MS;
    viewer.chunked = /transfer-encoding: chunked/i.test(text.slice(0, end));
    text = text.slice(end + 4);
  }
  // Our events hold no carriage return, so what a chunk adds is recognised by it.
  const whole = viewer.chunked ? text.endsWith('\n\n\r\n') : text.endsWith('\n\n');
  if (!whole) return void (viewer.rest = text);
  viewer.rest = '';
  const plain = viewer.chunked ? text.replace(/(^|\r\n)[0-9a-f]+\r\n/g, '').replaceAll('\r\n', '') : text;
  const retry = plain.startsWith('retry: ') ? /^retry: (\d+)/.exec(plain) : null;
  if (retry) viewer.retryMs = Number(retry[1]);
  const now = monotonicMs();
  for (const event of read(retry ? plain.slice(plain.indexOf('\n\n') + 2) : plain)) {
    const next = chain.follow(viewer.at, event);
    if (next === null) {
      gaps += 1;
      return void socket.destroy();
    }
    if (viewer.at === '' && next !== '') {
      watching += 1;
      whenWatching.get(viewer)?.();
      whenWatching.delete(viewer);
    }
    viewer.at = next;
    if (event.name === 'delta') see(viewer.screeningId, event, now);
  }
}

/** As apps/web does after an HTTP error: later and later, spread over half the wait. */
function turnAway(viewer: Viewer, socket: Socket): void {
  refused += 1;
  viewer.retryMs = viewer.backoffMs * (0.5 + Math.random() / 2);
  viewer.backoffMs = Math.min(viewer.backoffMs * 2, BACKOFF_MAX_MS);
  socket.destroy();
}

function see(screeningId: number, event: { version: string; seats: number[] }, now: number): void {
  const seen = sightings.get(event.version);
  if (seen) seen.at.push(now);
  else sightings.set(event.version, { screeningId, seats: event.seats, at: [now] });
}

async function begin(told: WatchOrder): Promise<void> {
  order = told;
  for (let n = 0; n < order.count; n += 1) {
    viewers.push({
      screeningId: order.screenings[n % order.screenings.length]!,
      address: `127.0.${order.net}.${1 + Math.floor(n / order.perAddress)}`,
      at: '',
      rest: '',
      headRead: false,
      chunked: false,
      retryMs: RETRY_MS,
      backoffMs: BACKOFF_FIRST_MS,
    });
  }
  let next = 0;
  const opener = async () => {
    for (let viewer = viewers[next++]; viewer; viewer = viewers[next++]) {
      await new Promise<void>((resolve) => open(viewer!, resolve));
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT_MAX }, opener));
  while (watching < viewers.length) await wait(20);
}

function report(): WatchReport {
  const shown = new Map<string, [number, string, number]>();
  for (const viewer of viewers) {
    const states = chain.states(viewer.at);
    const name = `${viewer.screeningId} ${states}`;
    const same = shown.get(name);
    if (same) same[2] += 1;
    else shown.set(name, [viewer.screeningId, states, 1]);
  }
  const cpu = process.cpuUsage();
  return {
    sightings: [...sightings.values()].map(({ at, ...rest }) => ({ ...rest, at: Float64Array.from(at) })),
    shown: [...shown.values()],
    gaps,
    contradictions: chain.contradictions(),
    refused,
    cpuSeconds: (cpu.user + cpu.system) / 1e6,
  };
}

const say = (message: unknown) => process.send!(message);
process.on('message', (message: { begin?: WatchOrder; ask?: 'watching' | 'report' | 'forget' }) => {
  if (message.begin) void begin(message.begin).then(() => say({ watching }));
  else if (message.ask === 'watching') say({ watching });
  else if (message.ask === 'report') say(report());
  else if (message.ask === 'forget') {
    sightings.clear();
    [gaps, refused] = [0, 0];
    say({ watching });
  }
});
process.on('disconnect', () => process.exit(0));
