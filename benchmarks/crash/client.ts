import { randomUUID } from 'node:crypto';
import type { Random } from './random.ts';

/** An answer that counts: not a lost connection, not "later", not "still at work". */
export type Answer = { status: number; body: Record<string, unknown>; text: string; tries: number };

export type Ask = {
  method: 'POST' | 'DELETE' | 'GET';
  path: string;
  /** Session token; none for a stranger. */
  token?: string;
  body?: unknown;
  /** Idempotency-Key; a fresh one when not given. The same for every try. */
  key?: string;
  /** One buyer's own address. */
  address: string;
};

export type ClientCounts = {
  requests: number;
  retried: number;
  /** Why there was no answer: status and code, or what the socket said. */
  reasons: Record<string, number>;
  repeated: number;
  changed: string[];
};

const TRY_MS_MAX = 6_000;
const LATER = new Set([408, 425, 429, 500, 502, 503, 504]);

/**
 * A buyer's client as it should be: the same request with the same key, at whichever process, until there is an answer.
 * Now and then it asks once more although it has one, and notes when the second differs from the first by a byte.
 */
export function createClient(options: {
  /** Ports of the API processes' wires. */
  ports: readonly number[];
  random: Random;
  /** Milliseconds for one answer, all tries together. */
  patienceMs: number;
}) {
  const { ports, random } = options;
  const counts: ClientCounts = { requests: 0, retried: 0, reasons: {}, repeated: 0, changed: [] };

  const once = async (ask: Ask, key: string) => {
    counts.requests += 1;
    const answer = await fetch(`http://127.0.0.1:${random.pick(ports)}${ask.path}`, {
      method: ask.method,
      headers: {
        'x-forwarded-for': ask.address,
        ...(ask.method === 'GET' ? {} : { 'idempotency-key': key }),
        ...(ask.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(ask.token ? { cookie: `poltrona_session=${ask.token}` } : {}),
      },
      ...(ask.body === undefined ? {} : { body: JSON.stringify(ask.body) }),
      signal: AbortSignal.timeout(TRY_MS_MAX),
    });
    return { status: answer.status, text: await answer.text(), headers: answer.headers };
  };

  /** Null when there was no answer within the patience. */
  const untilAnswered = async (ask: Ask, key: string, hopeless: readonly string[]) => {
    const end = performance.now() + options.patienceMs;
    for (let tries = 1; performance.now() < end; tries += 1) {
      let reason = '';
      const got = await once(ask, key).catch((error: Error) => {
        reason = (error.cause as { code?: string } | undefined)?.code ?? error.name;
        return null;
      });
      const body = got ? parsed(got.text) : {};
      const code = textIn(body, 'code');
      if (got && (hopeless.includes(code) || (!LATER.has(got.status) && code !== 'request_in_progress'))) {
        return { status: got.status, body, text: got.text, tries };
      }
      counts.retried += 1;
      reason ||= `${got?.status} ${code}`;
      counts.reasons[reason] = (counts.reasons[reason] ?? 0) + 1;
      // Longer each time, up to about a second: a process that is starting is not helped by a storm.
      await pause(random.between(30, Math.min(250 * tries, 1_500)));
    }
    return null;
  };

  return {
    counts,
    /** `hopeless`: codes of a refusal that waiting would not change soon. */
    ask: async (ask: Ask, hopeless: readonly string[] = []): Promise<Answer | null> => {
      const key = ask.key ?? randomUUID();
      const first = await untilAnswered(ask, key, hopeless);
      if (first === null || ask.method === 'GET' || !random.chance(0.25)) return first;
      const second = await untilAnswered(ask, key, hopeless);
      // A refusal for now ("too many unpaid orders") is not stored under the key: only what is stored must stay.
      if (second === null || hopeless.includes(textIn(first.body, 'code'))) return first;
      if (hopeless.includes(textIn(second.body, 'code'))) return first;
      counts.repeated += 1;
      if (second.status !== first.status || second.text !== first.text) {
        counts.changed.push(`${ask.method} ${ask.path} ${key}: ${first.status} ${first.text} / ${second.text}`);
      }
      return first;
    },
  };
}

export type Client = ReturnType<typeof createClient>;

function parsed(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {};
  }
}

/** A member of an answer that is text, or the empty text. */
export function textIn(body: Record<string, unknown>, name: string): string {
  const value = body[name];
  return typeof value === 'string' ? value : '';
}

export const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
