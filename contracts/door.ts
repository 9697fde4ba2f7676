import { Type, type Static } from 'typebox';
import { IdSchema } from './ids.ts';
import { ADMISSION_OUTCOMES } from './outcomes.ts';
import { TICKET_KINDS } from './ticket-kinds.ts';

/** GET /api/door/screenings?theater=&day= (usher and above). */
export const DoorScreeningSchema = Type.Object({
  screeningId: Type.Integer(),
  movieTitle: Type.String(),
  theaterId: Type.Integer(),
  theaterName: Type.String(),
  auditoriumName: Type.String(),
  startsAt: Type.String(),
  localTime: Type.String(),
  sold: Type.Integer(),
  admitted: Type.Integer(),
});
export type DoorScreening = Static<typeof DoorScreeningSchema>;

/** POST /api/door/admissions. `token` from the QR or `code` typed by hand. The same nonce gives the same answer. */
export const ScanBodySchema = Type.Object(
  {
    screeningId: IdSchema,
    token: Type.Optional(Type.String({ maxLength: 300 })),
    code: Type.Optional(Type.String({ maxLength: 20 })),
    gate: Type.String({ minLength: 1, maxLength: 40 }),
    nonce: Type.String({ format: 'uuid' }),
  },
  { additionalProperties: false },
);
export type ScanBody = Static<typeof ScanBodySchema>;

export const VerdictSchema = Type.Object({
  outcome: Type.Enum([...ADMISSION_OUTCOMES]),
  admissionId: Type.Union([Type.String(), Type.Null()]),
  seatLabel: Type.Union([Type.String(), Type.Null()]),
  kind: Type.Union([Type.Enum([...TICKET_KINDS]), Type.Null()]),
  movieTitle: Type.Union([Type.String(), Type.Null()]),
  /** wrong_screening: where and when the ticket is for. */
  startsAt: Type.Union([Type.String(), Type.Null()]),
  localTime: Type.Union([Type.String(), Type.Null()]),
  auditoriumName: Type.Union([Type.String(), Type.Null()]),
  theaterName: Type.Union([Type.String(), Type.Null()]),
  /** Day of the start at the theater, and today there: 2026-11-23. */
  localDate: Type.Union([Type.String(), Type.Null()]),
  localToday: Type.Union([Type.String(), Type.Null()]),
  /** too_early: when this screening lets people in, by the theater's clock. */
  opensAt: Type.Union([Type.String(), Type.Null()]),
  opensLocalDate: Type.Union([Type.String(), Type.Null()]),
  opensLocalTime: Type.Union([Type.String(), Type.Null()]),
  /** already_admitted: when and at which gate. */
  admittedAt: Type.Union([Type.String(), Type.Null()]),
  admittedLocalTime: Type.Union([Type.String(), Type.Null()]),
  admittedGate: Type.Union([Type.String(), Type.Null()]),
  counts: Type.Object({ sold: Type.Integer(), admitted: Type.Integer() }),
});
export type Verdict = Static<typeof VerdictSchema>;
// POST /api/door/admissions/:id/undo → {counts}; GET /api/door/screenings/:id/counts → {sold, admitted}.

/** GET /api/door/keys → {keys}. A raw Ed25519 public key in base64url; `keyId` is the low half of a token's byte 0. */
export const GateKeySchema = Type.Object({ keyId: Type.Integer(), publicKey: Type.String() });

/** GET /api/door/screenings/:id/pack: what a gate needs to decide by itself for a while. Nothing personal in it. */
export const DoorPackSchema = Type.Object({
  screeningId: Type.Integer(),
  doorsOpenAt: Type.String(),
  startsAt: Type.String(),
  endsAt: Type.String(),
  keys: Type.Array(GateKeySchema),
  revocations: Type.String({ description: 'Base64 of the signed list, capabilities/tickets/revocation-list.ts' }),
  tickets: Type.Array(
    Type.Object({
      seatNo: Type.Integer(),
      generation: Type.Integer(),
      seatLabel: Type.String(),
      kind: Type.Enum([...TICKET_KINDS]),
      admitted: Type.Boolean(),
      codeHash: Type.String({ description: 'First 32 hexadecimal digits of SHA-256 of "<screening>:<code number>"' }),
    }),
  ),
});
export type DoorPack = Static<typeof DoorPackSchema>;
