import { sign, verify } from 'node:crypto';
import base45 from 'base45';
import type { TicketKeys } from './ticket-keys.ts';

// What the QR holds, 84 bytes, of which a gate without network can check every one:
//
//   0      version (high four bits, 1) and key id (low four bits)
//   1-7    code          50 bits
//   8-11   screening
//   12-13  seat
//   14-17  valid until   Unix seconds
//   18-19  generation    of the seat's ticket, for the revocation list
//   20-83  Ed25519 signature of bytes 0-19
//
// Base45 makes 126 characters of it, which QR's alphanumeric mode packs into version 6 (41 modules).

export type TicketClaims = {
  code: number;
  screeningId: number;
  seatNo: number;
  /** Unix seconds. For gates without network: the server asks the programme of today instead. */
  validUntil: number;
  generation: number;
};

const VERSION = 1;
const CLAIMS_BYTES = 20;
const TOKEN_BYTES = 84;
const TOKEN_CHARACTERS = 126;

export function signToken(keys: TicketKeys, claims: TicketClaims): string {
  const bytes = Buffer.alloc(TOKEN_BYTES);
  bytes.writeBigUInt64BE(BigInt(claims.code), 0);
  bytes[0] = (VERSION << 4) | keys.signing.keyId;
  bytes.writeUInt32BE(claims.screeningId, 8);
  bytes.writeUInt16BE(claims.seatNo, 12);
  bytes.writeUInt32BE(claims.validUntil, 14);
  bytes.writeUInt16BE(claims.generation, 18);
  sign(null, bytes.subarray(0, CLAIMS_BYTES), keys.signing.privateKey).copy(bytes, CLAIMS_BYTES);
  return base45.encode(bytes);
}

/** What the token says, or null when it is not one of ours: another length, another version, signed by another key. */
export function verifyToken(keys: TicketKeys, text: string): TicketClaims | null {
  if (text.length !== TOKEN_CHARACTERS) return null;
  const bytes = base45.decode(text);
  if (bytes.length !== TOKEN_BYTES || base45.encode(bytes) !== text) return null;
  if (bytes[0]! >> 4 !== VERSION) return null;
  const claims = bytes.subarray(0, CLAIMS_BYTES);
  const signature = bytes.subarray(CLAIMS_BYTES);
  const genuine = keys.verifying
    .filter((key) => key.keyId === (bytes[0]! & 15))
    .some((key) => verify(null, claims, key.publicKey, signature));
  if (!genuine) return null;
  return {
    code: Number(bytes.readBigUInt64BE(0) & 0x00ff_ffff_ffff_ffffn),
    screeningId: bytes.readUInt32BE(8),
    seatNo: bytes.readUInt16BE(12),
    validUntil: bytes.readUInt32BE(14),
    generation: bytes.readUInt16BE(18),
  };
}
