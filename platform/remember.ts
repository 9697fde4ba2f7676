import { hash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { asciiJson } from './ascii-json.ts';
import type { Clock } from './clock.ts';
import { packed, packedEtag, takesPacked } from './packed.ts';
import { makeRoom } from './second-chance.ts';

/**
 * A body that was serialised once, and its ETag. The same content has the same ETag in every process. The body is a
 * string of one character a byte: what is kept for a second and then made anew, as a Buffer, counts as memory outside of
 * V8's heap, and 64 MB more of that start a full collection (docs/reference/performance.md: 200 ms every 4 s).
 */
export type Remembered = {
  readonly body: string;
  readonly etag: string;
  /** Kept by packed.ts: how often it was asked for packed, and the packed bytes, one character each. */
  asked: number;
  small: string | null;
};

/** An answer that knows by itself whether it may still be given. */
export type Answer = {
  /** For those who waited for it. */
  first: Remembered;
  /** For those who come later: what to send at that moment, or null when it has to be made anew. Asked for every
   * request, so it must be cheap and do no I/O. */
  at(nowMs: number): Remembered | null;
  /** What it takes in memory, about. */
  bytes: number;
  /** What it speaks of, for `drop`. */
  topics?: readonly string[];
};

/** Content that stays right until `untilMs` (by the clock of the memory), if nothing drops it before. */
export function answerUntil(value: unknown, untilMs = Infinity): Answer {
  const kept = remembered(value);
  return { first: kept, at: (nowMs) => (nowMs < untilMs ? kept : null), bytes: kept.body.length };
}

export const remembered = (value: unknown): Remembered => rememberedBytes(asciiJson(value));

/** `body` as in Remembered. `content` is what the ETag is made of: as much as tells this body from all others. */
export function rememberedBytes(body: string, content = body): Remembered {
  return rememberedVersion(body, hash('sha256', content, 'base64url').slice(0, 22));
}

/** Of something that has a version already. */
export const rememberedVersion = (body: string, version: string): Remembered => ({
  body,
  etag: `"${version}"`,
  asked: 0,
  small: null,
});

export type MemoryOptions = {
  clock: Clock;
  /** Beyond either, what was longest not asked for goes. */
  entriesMax: number;
  bytesMax: number;
};

// What an entry costs beside its body: key, Map slots, closures.
const ENTRY_BYTES = 400;
// Addresses longer than this are answered, but not known by their text.
const ADDRESS_CHARS_MAX = 512;
const ADDRESS_BYTES = 100;
// One question can be written in endless ways; more of them than this push each other out, not the answers of others.
const ADDRESSES_PER_ENTRY_MAX = 16;

type Entry = { answer: Answer; addresses: string[]; bytes: number; used: boolean };
type Making = { promise: Promise<Remembered | null>; overtaken: boolean };

/**
 * Answers are kept until they say themselves that their time is over, or until `drop`. One making at a time for one
 * key, also when a thousand ask; what fails, or answers null, is not kept.
 */
export function createMemory(options: MemoryOptions) {
  const { clock, entriesMax, bytesMax } = options;
  const entries = new Map<string, Entry>();
  const making = new Map<string, Making>();
  const keyOf = new Map<string, string>();
  let bytes = 0;
  let hits = 0;
  let made = 0;

  const forget = (key: string) => {
    const entry = entries.get(key);
    if (!entry) return;
    entries.delete(key);
    bytes -= entry.bytes;
    for (const address of entry.addresses) keyOf.delete(address);
  };

  const weigh = (entry: Entry, more: number) => {
    entry.bytes += more;
    bytes += more;
  };

  const shrink = (newest?: Entry) => {
    makeRoom(entries, {
      over: () => entries.size > entriesMax || bytes > bytesMax,
      needed: (entry) => entry === newest,
      drop: forget,
    });
  };

  const keep = (key: string, answer: Answer) => {
    forget(key);
    const entry = { answer, addresses: [], bytes: answer.bytes + ENTRY_BYTES + 2 * key.length, used: false };
    if (entry.bytes > bytesMax) return;
    entries.set(key, entry);
    bytes += entry.bytes;
    shrink(entry);
  };

  const find = (key: string, nowMs: number): Remembered | null => {
    const entry = entries.get(key);
    if (!entry) return null;
    const found = entry.answer.at(nowMs);
    if (!found) {
      forget(key);
      return null;
    }
    entry.used = true;
    hits += 1;
    return found;
  };

  const make = async (key: string, load: () => Promise<Answer | null>, own: Making): Promise<Remembered | null> => {
    try {
      const answer = await load();
      if (!answer) return null;
      made += 1;
      if (!own.overtaken) keep(key, answer);
      return answer.first;
    } finally {
      if (making.get(key) === own) making.delete(key);
    }
  };

  return {
    /** What is right now, without waiting; null when it has to be made. */
    peek: (key: string): Remembered | null => find(key, clock.now().getTime()),

    /** The same by the address of an earlier request (`name`), as received. */
    peekAddress(address: string): Remembered | null {
      const key = keyOf.get(address);
      return key === undefined ? null : find(key, clock.now().getTime());
    },

    /** Null when `load` answers null. */
    async answer(key: string, load: () => Promise<Answer | null>): Promise<Remembered | null> {
      const found = find(key, clock.now().getTime());
      if (found) return found;
      const running = making.get(key);
      if (running && !running.overtaken) return running.promise;
      const own: Making = { promise: Promise.resolve(null), overtaken: false };
      making.set(key, own);
      own.promise = make(key, load, own);
      return own.promise;
    },

    /** From now on `peekAddress(address)` finds what is kept under the key, for as long as it is. */
    name(key: string, address: string): void {
      const entry = entries.get(key);
      if (!entry || address.length > ADDRESS_CHARS_MAX || keyOf.has(address)) return;
      keyOf.set(address, key);
      entry.addresses.push(address);
      weigh(entry, 2 * address.length + ADDRESS_BYTES);
      if (entry.addresses.length > ADDRESSES_PER_ENTRY_MAX) {
        const oldest = entry.addresses.shift()!;
        keyOf.delete(oldest);
        weigh(entry, -2 * oldest.length - ADDRESS_BYTES);
      }
      shrink();
    },

    /**
     * Forgets everything, or what speaks of one of these topics. What is being made is given to those who wait for it
     * already and not kept: nobody knows yet what it speaks of.
     */
    drop(topics?: ReadonlySet<string>): void {
      for (const [key, { answer }] of entries)
        if (!topics || answer.topics?.some((topic) => topics.has(topic))) forget(key);
      for (const running of making.values()) running.overtaken = true;
    },

    size: () => entries.size,
    stats: () => ({ entries: entries.size, bytes, hits, made }),
  };
}

export type Memory = ReturnType<typeof createMemory>;

/** What the head says of everything that is kept of one kind. */
export type KeptFields = { contentType: string; cacheControl: string };
/** For everybody, and asked again each time: what is kept here may change at any moment. */
export const PUBLIC_JSON: KeptFields = {
  contentType: 'application/json; charset=utf-8',
  cacheControl: 'public, max-age=0, must-revalidate',
};

/** 304 when the caller has it already, else the bytes, packed for who takes them so. */
export function sendRemembered(
  request: FastifyRequest,
  reply: FastifyReply,
  found: Remembered,
  as: KeptFields = PUBLIC_JSON,
): FastifyReply {
  const small = takesPacked(request.headers['accept-encoding'] ?? '') ? packed(found) : null;
  reply.header('etag', small === null ? found.etag : packedEtag(found.etag));
  reply.header('cache-control', as.cacheControl).header('vary', 'accept-encoding');
  if (isKnown(request.headers['if-none-match'], found.etag)) return reply.code(304).send();
  reply.type(as.contentType);
  if (small !== null) reply.header('content-encoding', 'br');
  return reply.send(Buffer.from(small ?? found.body, 'latin1'));
}

/** If-None-Match, compared weakly as RFC 9110 says: a proxy that compresses turns "x" into W/"x". */
export function isKnown(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  if (header === etag || header === '*') return true;
  return header.split(',').some((each) => each.trim().replace(/^W\//, '') === etag);
}
