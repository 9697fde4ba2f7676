import { Type, type Static } from 'typebox';
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
    screeningId: Type.Integer({ minimum: 1 }),
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
  /** already_admitted: when and at which gate. */
  admittedAt: Type.Union([Type.String(), Type.Null()]),
  admittedLocalTime: Type.Union([Type.String(), Type.Null()]),
  admittedGate: Type.Union([Type.String(), Type.Null()]),
  counts: Type.Object({ sold: Type.Integer(), admitted: Type.Integer() }),
});
export type Verdict = Static<typeof VerdictSchema>;
// POST /api/door/admissions/:id/undo → Verdict counts; GET /api/door/screenings/:id/counts → {sold, admitted}.
