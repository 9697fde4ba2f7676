import { randomBytes, randomFillSync } from 'node:crypto';
import { assert } from './fault.ts';

/** A shard is a positive integer of the database (int4). */
export const SHARD_MAX = 2_147_483_647;

// One system call serves 256 ids: randomBytes(16) per id cost 1.1 µs, the pool 0.1 µs.
const pool = Buffer.allocUnsafe(4096);
let used = pool.length;

function take(length: number): Buffer {
  if (used + length > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += length;
  return pool.subarray(used - length, used);
}

function format(bytes: Buffer): string {
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** A time-ordered UUID (version 7, RFC 9562): neighbours in time are neighbours in an index. */
export function newId(nowMs: number = Date.now()): string {
  const bytes = Buffer.from(take(16));
  bytes.writeUIntBE(nowMs, 0, 6);
  bytes[6] = 0x70 | (bytes[6]! & 0x0f);
  bytes[8] = 0x80 | (bytes[8]! & 0x3f);
  return format(bytes);
}

/**
 * A time-ordered UUID (version 8) that carries its shard, a positive int4, in its last four bytes, so that whoever holds
 * the id knows where its row lives without asking a directory. 42 random bits tell apart ids of one shard and millisecond.
 */
export function newShardedId(shard: number, nowMs: number = Date.now()): string {
  assert(isShard(shard), 'a shard is a positive int4');
  const bytes = Buffer.from(take(16));
  bytes.writeUIntBE(nowMs, 0, 6);
  bytes[6] = 0x80 | (bytes[6]! & 0x0f);
  bytes[8] = 0x80 | (bytes[8]! & 0x3f);
  bytes.writeUInt32BE(shard, 12);
  return format(bytes);
}

/** Serial numbers of ids derived from one origin and shard. */
export const SERIAL_MAX = 65_535;

/**
 * An id of the same form that is made of what it stands for: 74 bits of a hash of its origin, a serial number from 1,
 * and the shard. Ids of one origin lie side by side in an index, in the order of their serial numbers, so that one key
 * finds a row by its id, finds all rows of the origin, and keeps two from being made at once.
 * `hash` holds at least 10 bytes; 16 bytes are written to `into` at `offset`.
 */
export function writeDerivedId(into: Buffer, offset: number, hash: Buffer, serial: number, shard: number): void {
  hash.copy(into, offset, 0, 10);
  into[offset + 6] = 0x80 | (hash[6]! & 0x0f);
  into[offset + 8] = 0x80 | (hash[8]! & 0x3f);
  into.writeUInt16BE(serial, offset + 10);
  into.writeUInt32BE(shard, offset + 12);
}

/** The text of 16 bytes as a UUID. */
export function idText(bytes: Buffer): string {
  return format(bytes);
}

/** Writes the 16 bytes of a UUID's text. */
export function writeId(into: Buffer, offset: number, id: string): void {
  into.write(id.slice(0, 8) + id.slice(9, 13) + id.slice(14, 18) + id.slice(19, 23) + id.slice(24), offset, 16, 'hex');
}

const SHARDED_ID = /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/**
 * The shard inside an id of `newShardedId`, or null when the text is no such id: whatever comes out may be asked of the
 * database, also when the id was made up outside.
 */
export function shardOf(id: string): number | null {
  if (!SHARDED_ID.test(id)) return null;
  const shard = Number.parseInt(id.slice(28), 16);
  return isShard(shard) ? shard : null;
}

const isShard = (shard: number) => Number.isInteger(shard) && shard >= 1 && shard <= SHARD_MAX;

/** An unguessable token of `bytes` random bytes, base64url. Stored only as its SHA-256. */
export function newSecret(bytes = 32): string {
  return randomBytes(bytes).toString('base64url');
}
