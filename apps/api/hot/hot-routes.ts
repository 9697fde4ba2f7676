import { Ajv } from 'ajv';
import { HoldBodySchema, type HoldBody } from '#contracts/orders';
import type { Clock } from '#platform/clock';
import type { HotAnswer, HotHandler, HotRequest } from '#platform/hot-http/hot-connections';
import type { HttpServer } from '#platform/http-server';
import { newId } from '#platform/ids';
import { PUBLIC_JSON, type Remembered } from '#platform/remember';
import { KEY_LENGTH_MAX } from '#platform/idempotency';
import type { HoldDesk, HoldReply } from '../hold-desk.ts';
import type { SeatMaps } from '../live/seat-maps.ts';
import { SESSION_COOKIE, type Session } from '../session.ts';
import { askInside } from './ask-inside.ts';
import { WEB_PAGE } from '../web-pages.ts';
import { createKeptAnswers } from './kept-answers.ts';
import { commonFields, dateNow, statusLine } from './templates.ts';

export type HotRouteDeps = {
  api: HttpServer;
  clock: Clock;
  seatMaps: SeatMaps;
  holdDesk: HoldDesk;
  /** Who a token is, from memory; null when that has to be read first. */
  peekSession: (token: string) => Session | null;
  /** The same by asking the database. */
  resolveSession: (token: string) => Promise<Session | null>;
  /** What is kept of a page or a search, by path and query; null when it has to be made first. */
  peekPage: (url: string) => Remembered | null;
  /** The web page at /, as it was last built. */
  peekWebPage: () => Remembered | null;
  trustProxy: boolean;
};

/**
 * The requests that a rush is made of, answered from memory: seat maps, pages, searches, the web page; and holds. What is
 * not in memory, and whatever an ordinary route would refuse, is asked of the ordinary routes (askInside), so that every
 * refusal stands in one place.
 */
export async function createHotRoutes(deps: HotRouteDeps): Promise<HotHandler> {
  const apiFields = await commonFields(deps.api, '/api/screenings/0/seats');
  const pageFields = await commonFields(deps.api, '/');
  const answerApi = createKeptAnswers({ clock: deps.clock, common: apiFields, as: PUBLIC_JSON });
  const answerPage = createKeptAnswers({ clock: deps.clock, common: pageFields, as: WEB_PAGE });
  const hold = createHotHold(deps, apiFields);
  const inside = (request: HotRequest) => askInside(deps.api, request);

  const read = (request: HotRequest): HotAnswer | Promise<HotAnswer | null> | null => {
    const { head } = request;
    const { url } = head;
    if (!url.startsWith('/api/')) {
      if (url !== '/') return null;
      const page = deps.peekWebPage();
      return page ? answerPage(page, head) : inside(request);
    }
    const screeningId = seatsOf(url);
    if (screeningId !== null) {
      const map = deps.seatMaps.peek(screeningId);
      return map ? answerApi(map.remembered(), head) : inside(request);
    }
    if (!PAGE.test(url)) return null;
    const page = deps.peekPage(url);
    return page ? answerApi(page, head) : inside(request);
  };

  return (request) => {
    if (request.head.method === 'GET') return read(request);
    const screeningId = holdsOf(request.head.url);
    return screeningId === null ? null : (hold(request, screeningId) ?? inside(request));
  };
}

const SCREENINGS = '/api/screenings/';
// No dots and no escapes in the path: whoever reads it again would find another path (asked inside, even a stream).
const PAGE = /^\/api\/(?:screenings\/\d{1,10}|movies\/[a-z0-9-]{1,200}|search)(?:\?[^#\\]*)?$/;

const seatsOf = (url: string) => screeningBefore(url, '/seats');
const holdsOf = (url: string) => screeningBefore(url, '/holds');

/** The screening of /api/screenings/:id<ending>, or null when the path is another one or the number is unusual. */
function screeningBefore(url: string, ending: string): number | null {
  if (!url.startsWith(SCREENINGS) || !url.endsWith(ending)) return null;
  const digits = url.slice(SCREENINGS.length, -ending.length);
  return /^[1-9]\d{0,8}$/.test(digits) ? Number(digits) : null;
}

const JSON_TYPE = /^application\/json[ \t]*(?:;|$)/i;
const isHoldBody = new Ajv({ coerceTypes: false, strict: false }).compile<HoldBody>(HoldBodySchema);

/** Holds from a buyer with a session, with a body and a key as they should be. Null for all others. */
function createHotHold(deps: HotRouteDeps, apiFields: string) {
  const whole = (reply: HoldReply) =>
    `${statusLine(reply.status)}${apiFields}cache-control: no-store\r\n${dateNow(deps.clock.now().getTime())}` +
    (reply.status >= 400
      ? 'content-type: application/problem+json\r\n'
      : 'content-type: application/json; charset=utf-8\r\n') +
    (reply.replayed ? 'idempotent-replayed: true\r\n' : '') +
    (reply.retryAfter ? `retry-after: ${reply.retryAfter}\r\n` : '') +
    `content-length: ${Buffer.byteLength(reply.body)}\r\n\r\n${reply.body}`;

  const busy = createBusyAnswer(deps, whole);

  /** A bug is met again by the ordinary route, which writes it down and says 500. */
  const whenFailed = (error: unknown, correlationId: string, request: HotRequest) => {
    const failed = deps.holdDesk.failed(error, correlationId);
    return failed ? whole(failed) : askInside(deps.api, request);
  };

  return (request: HotRequest, screeningId: number): Promise<HotAnswer | null> | HotAnswer | null => {
    const { head: fields } = request;
    // First of all: while a lane is full, refusing must cost next to nothing, or there is nothing left for the others.
    if (deps.holdDesk.overloaded(screeningId)) return busy();
    const token = cookieOf(fields.cookie, SESSION_COOKIE);
    if (token === '' || !isOwnPage(fields.origin, fields.secFetchSite, fields.host)) return null;
    const session = deps.peekSession(token);
    if (session) return holdFor(session, request, screeningId);
    // Most buyers of a rush hold once: for each of them the session is read first. The ordinary routes would read it
    // again, so what can be said without them is.
    return deps.resolveSession(token).then(
      (found) =>
        found
          ? (holdFor(found, request, screeningId) ?? askInside(deps.api, request))
          : whole(deps.holdDesk.unknownBuyer(newId())),
      (error: unknown) => whenFailed(error, newId(), request),
    );
  };

  function holdFor(
    session: Session,
    request: HotRequest,
    screeningId: number,
  ): Promise<HotAnswer | null> | HotAnswer | null {
    const { head: fields } = request;
    if (!session.buyerKey) return null;
    const key = fields.idempotencyKey;
    if (key.length > KEY_LENGTH_MAX || !/^[\x21-\x7e]+$/.test(key)) return null;
    const body = JSON_TYPE.test(fields.contentType) ? parsed(request.body) : null;
    if (!isHoldBody(body)) return null;
    const correlationId = newId();
    const address = (deps.trustProxy && firstAddress(fields.forwardedFor)) || request.peer;
    const retryAfter = deps.holdDesk.tooMany(session.accountId, address);
    if (retryAfter !== null) {
      return whole(deps.holdDesk.refused(correlationId, retryAfter));
    }
    return deps.holdDesk
      .hold({
        screeningId,
        body,
        accountId: session.accountId,
        buyerKey: session.buyerKey,
        key,
        url: fields.url,
        correlationId,
      })
      .then(whole, (error: unknown) => whenFailed(error, correlationId, request));
  }
}

/** Put together once a second; only its instance is its own. */
function createBusyAnswer(deps: HotRouteDeps, whole: (reply: HoldReply) => string): () => string {
  const place = newId();
  let madeAt = '';
  let [before, after] = ['', ''];
  return () => {
    const date = dateNow(deps.clock.now().getTime());
    if (date !== madeAt) {
      madeAt = date;
      [before, after] = whole(deps.holdDesk.busy(place)).split(place) as [string, string];
    }
    return before + newId() + after;
  };
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body) as unknown;
  } catch {
    return null;
  }
}

/** The same judgement as isForeignChange of security.ts, for the cases that need no second look. */
function isOwnPage(origin: string, secFetchSite: string, host: string): boolean {
  if (secFetchSite === 'same-origin') return true;
  return secFetchSite === '' && (origin === '' || origin === `https://${host}` || origin === `http://${host}`);
}

function cookieOf(cookies: string, name: string): string {
  const start = cookies.startsWith(`${name}=`) ? 0 : cookies.indexOf(`; ${name}=`) + 2;
  // Twice the same name: which one counts, the ordinary route says.
  if (start === 1 || cookies.indexOf(`${name}=`) !== cookies.lastIndexOf(`${name}=`)) return '';
  const from = start + name.length + 1;
  const to = cookies.indexOf(';', from);
  return to === -1 ? cookies.slice(from) : cookies.slice(from, to);
}

/** The address that the proxy in front wrote first, as Fastify's trustProxy reads it. */
const firstAddress = (forwardedFor: string): string => forwardedFor.split(',', 1)[0]!.trim();
