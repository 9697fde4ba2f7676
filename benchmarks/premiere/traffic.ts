import type { Stream } from '../generator/open-model.ts';
import { tokenOf } from './people.ts';
import type { World } from './world.ts';

export type Traffic = {
  world: World;
  buyers: number;
  ports: readonly number[];
  readsPerSecond: number;
  holdsPerSecond: number;
  /** Share of the holds with one half-price ticket. */
  halfPrice: number;
  /** Holds of the runs before: so that no two share an idempotency key, and buyers go on where the last run ended. */
  holdsBefore: number;
};

const SHARE_OF_HOT = 0.5;
const SHARE_OF_GONE = 0.05;

/**
 * Requests of one screening go to one process, as a load balancer sends them that hashes the screening in the path
 * (infra/); everything else in turn.
 */
const get = (url: string, more = '') =>
  `GET ${url} HTTP/1.1\r\nhost: poltrona\r\naccept: */*\r\naccept-encoding: gzip, deflate, br\r\n${more}\r\n`;

const portOf = (ports: readonly number[], number: number) => ports[number % ports.length]!;

/**
 * 60 % seat maps (every other one conditional, with the last ETag seen of that map), 25 % pages of movies and
 * screenings, 10 % searches, 5 % the web page.
 */
export function readStream(traffic: Traffic): Stream {
  const { world, ports } = traffic;
  const random = sequence(17 + traffic.holdsBefore);
  const etags = new Map<number, string>();
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)]!;
  const screening = () => pick(random() < SHARE_OF_HOT ? world.hot : world.others).screeningId;
  let nth = 0;

  const seatMap = () => {
    const id = screening();
    const known = etags.get(id);
    const conditional = known !== undefined && (nth & 1) === 0;
    return {
      port: portOf(ports, id),
      request: get(`/api/screenings/${id}/seats`, conditional ? `if-none-match: ${known}\r\n` : ''),
      answered: (status: number, etag: string) => {
        if (status === 200) etags.set(id, etag);
      },
    };
  };
  const page = () => {
    if (random() < 0.5) {
      const id = screening();
      return { port: portOf(ports, id), request: get(`/api/screenings/${id}`) };
    }
    return { port: pick(ports), request: get(`/api/movies/${pick(world.movies).slug}?date=${pick(world.days)}`) };
  };
  const search = () => {
    const title = pick(world.movies).title;
    const typed = encodeURIComponent(title.slice(0, 3 + Math.floor(random() * 6)).toLowerCase());
    const day = random() < 0.5 ? `&date=${pick(world.days)}` : '';
    return { port: pick(ports), request: get(`/api/search?q=${typed}${day}`) };
  };
  return {
    name: 'reads',
    perSecond: traffic.readsPerSecond,
    next: () => {
      nth += 1;
      const of100 = random() * 100;
      if (of100 < 60) return seatMap();
      if (of100 < 85) return page();
      if (of100 < 95) return search();
      return { port: pick(ports), request: get('/') };
    },
  };
}

/**
 * Two seats side by side for the next buyer in turn; seats are asked for in turn too, so that a hold whose minutes are
 * over is taken over in place. A buyer comes back to a screening only after all others of its kind. One in twenty wants
 * seats that were just given to somebody else.
 */
export function holdStream(traffic: Traffic): Stream {
  const { world, ports, buyers } = traffic;
  const random = sequence(29 + traffic.holdsBefore);
  const tokens = Array.from({ length: buyers }, (_, number) => tokenOf(number));
  const places = [...world.hot, ...world.others].map((place) => ({ ...place, nextPair: 0, lastHeld: 0 }));
  const hot = places.slice(0, world.hot.length);
  const others = places.slice(world.hot.length);
  let nth = traffic.holdsBefore;

  return {
    name: 'holds',
    perSecond: traffic.holdsPerSecond,
    next: () => {
      const buyer = nth % buyers;
      // Whoever has an order of the screening already is looked at carefully: a search whose later runs asked that of
      // every fourth order found less and less. Nobody comes twice within as many rounds as there are hot screenings.
      const round = Math.floor(nth / buyers);
      nth += 1;
      const group = random() < SHARE_OF_HOT ? hot : others;
      const place = group[(buyer + round * 7 + Math.floor(buyer / group.length)) % group.length]!;
      const gone = place.lastHeld > 0 && random() < SHARE_OF_GONE;
      if (!gone) place.nextPair = (place.nextPair % (place.seats / 2)) + 1;
      const second = (gone ? place.lastHeld : place.nextPair) * 2;
      const kind = random() < traffic.halfPrice ? 'half_student' : 'full';
      const body = `{"seats":[{"seatNo":${second - 1},"kind":"${kind}"},{"seatNo":${second},"kind":"full"}]}`;
      return {
        port: portOf(ports, place.screeningId),
        request:
          `POST /api/screenings/${place.screeningId}/holds HTTP/1.1\r\nhost: poltrona\r\naccept: */*\r\n` +
          `content-type: application/json\r\nidempotency-key: bench-${nth}\r\n` +
          `cookie: poltrona_session=${tokens[buyer]!}\r\nx-forwarded-for: ${addressOf(buyer)}\r\n` +
          `content-length: ${body.length}\r\n\r\n${body}`,
        answered: (status) => {
          if (status === 201) place.lastHeld = second / 2;
        },
      };
    },
  };
}

/** Everything there is to read, a few times: steady state begins when it is in memory. `count` requests in all. */
export function openingStream(traffic: Traffic, perSecond: number): Stream & { count: number } {
  const { world, ports } = traffic;
  const screenings = [...world.hot, ...world.others].map((place) => place.screeningId);
  const urls = [
    ...screenings.flatMap((id) => Array.from({ length: 3 }, () => ({ id, url: `/api/screenings/${id}` }))),
    ...screenings.map((id) => ({ id, url: `/api/screenings/${id}/seats` })),
    ...world.movies.flatMap(({ slug }) =>
      world.days.flatMap((day) => ports.map((_port, id) => ({ id, url: `/api/movies/${slug}?date=${day}` }))),
    ),
    ...ports.map((_port, id) => ({ id, url: '/' })),
  ];
  let nth = 0;
  return {
    name: 'opening',
    perSecond,
    count: urls.length,
    next: () => {
      const { id, url } = urls[nth % urls.length]!;
      nth += 1;
      return { port: portOf(ports, id), request: get(url) };
    },
  };
}

/** Every buyer asks once who they are, as the web page does when it opens: their session is in memory from then on. */
export function arrivalStream(traffic: Traffic, perSecond: number): Stream {
  let nth = 0;
  return {
    name: 'arrivals',
    perSecond,
    next: () => {
      const buyer = Math.floor(nth / traffic.ports.length) % traffic.buyers;
      const port = traffic.ports[nth % traffic.ports.length]!;
      nth += 1;
      return {
        port,
        // Asked of the ordinary routes, which resolve the session and are never shed.
        request: get(
          '/api/me',
          `cookie: poltrona_session=${tokenOf(buyer)}\r\nx-forwarded-for: ${addressOf(buyer)}\r\n`,
        ),
      };
    },
  };
}

const addressOf = (buyer: number) => `10.${(buyer >> 16) & 255}.${(buyer >> 8) & 255}.${buyer & 255}`;

/** The same choices in every run with the same seed (mulberry32). */
function sequence(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
