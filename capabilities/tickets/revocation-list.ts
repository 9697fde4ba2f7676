import { sign, verify } from 'node:crypto';
import { assert } from '#platform/fault';
import type { Queryable } from '#platform/postgres';
import { sql } from '#platform/sql';
import type { TicketKeys } from './ticket-keys.ts';

// The refunded and transferred tickets of one screening, for gates without network:
//
//   0     version (high four bits, 2: a ticket's signature never passes for a list's) and key id
//   1-4   screening
//   5-8   made at, Unix seconds: a gate keeps the newest
//   9-10  highest seat number n
//   then  n bits, seat 1 first, least significant bit first: whether a ticket of the seat was revoked
//   then  for each set bit, in order, two bytes: tickets of the seat up to this generation are revoked
//   then  Ed25519 signature of all before
//
// 300 seats without a refund are 113 bytes.

const VERSION = 2;
const HEADER_BYTES = 11;
const SIGNATURE_BYTES = 64;

export type Revocations = { screeningId: number; madeAt: number; generationOfSeat: Map<number, number> };

export async function revocationList(db: Queryable, keys: TicketKeys, screeningId: number): Promise<Buffer> {
  const row = await db.row<{ seatCount: number; madeAt: number; seatNos: number[]; generations: number[] }>(READ, [
    screeningId,
  ]);
  assert(row, 'an aggregate gives one row');
  const generationOfSeat = new Map(row.seatNos.map((seatNo, index) => [seatNo, row.generations[index]!]));
  return signRevocations(keys, { screeningId, madeAt: row.madeAt, generationOfSeat }, row.seatCount);
}

/** `generationOfSeat` in ascending order of seat. */
export function signRevocations(keys: TicketKeys, revoked: Revocations, seatCount: number): Buffer {
  const bitmapBytes = Math.ceil(seatCount / 8);
  const signedBytes = HEADER_BYTES + bitmapBytes + 2 * revoked.generationOfSeat.size;
  const bytes = Buffer.alloc(signedBytes + SIGNATURE_BYTES);
  bytes[0] = (VERSION << 4) | keys.signing.keyId;
  bytes.writeUInt32BE(revoked.screeningId, 1);
  bytes.writeUInt32BE(revoked.madeAt, 5);
  bytes.writeUInt16BE(seatCount, 9);
  let at = HEADER_BYTES + bitmapBytes;
  for (const [seatNo, generation] of revoked.generationOfSeat) {
    bytes[HEADER_BYTES + ((seatNo - 1) >> 3)]! |= 1 << ((seatNo - 1) & 7);
    at = bytes.writeUInt16BE(generation, at);
  }
  sign(null, bytes.subarray(0, signedBytes), keys.signing.privateKey).copy(bytes, signedBytes);
  return bytes;
}

/** What a list says, or null when no key of ours signed it. A ticket is revoked up to its seat's generation. */
export function readRevocations(keys: TicketKeys, bytes: Buffer): Revocations | null {
  if (bytes.length < HEADER_BYTES + SIGNATURE_BYTES || bytes[0]! >> 4 !== VERSION) return null;
  const signed = bytes.subarray(0, -SIGNATURE_BYTES);
  const genuine = keys.verifying
    .filter((key) => key.keyId === (bytes[0]! & 15))
    .some((key) => verify(null, signed, key.publicKey, bytes.subarray(-SIGNATURE_BYTES)));
  if (!genuine) return null;
  const seatCount = bytes.readUInt16BE(9);
  const generationOfSeat = new Map<number, number>();
  let at = HEADER_BYTES + Math.ceil(seatCount / 8);
  for (let seatNo = 1; seatNo <= seatCount; seatNo += 1) {
    if (!((bytes[HEADER_BYTES + ((seatNo - 1) >> 3)]! >> ((seatNo - 1) & 7)) & 1)) continue;
    generationOfSeat.set(seatNo, bytes.readUInt16BE(at));
    at += 2;
  }
  return { screeningId: bytes.readUInt32BE(1), madeAt: bytes.readUInt32BE(5), generationOfSeat };
}

const READ = sql`
  with revoked as (
    select seat_no, max(generation) as generation from tickets.issued
    where screening_id = $1 and state = 'revoked' group by seat_no
  )
  select
    (select coalesce(max(seat_no), 0)::integer from tickets.issued where screening_id = $1) as "seatCount",
    extract(epoch from statement_timestamp())::integer as "madeAt",
    coalesce(array_agg(seat_no order by seat_no), '{}') as "seatNos",
    coalesce(array_agg(generation order by seat_no), '{}') as generations
  from revoked`;
