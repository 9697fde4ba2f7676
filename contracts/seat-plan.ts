import { Type, type Static } from 'typebox';

export const SEAT_KINDS = ['standard', 'wheelchair', 'companion', 'reduced_mobility', 'plus_size'] as const;
export type SeatKind = (typeof SEAT_KINDS)[number];

export const SEATS_PER_AUDITORIUM_MAX = 5_000;

/**
 * Where the seats of an auditorium stand. `no` is the seat's number for ever (1 … seat count, the bit position in the
 * live map and the key of its ticket); `x` and `y` are grid places with the screen above y = 0; gaps in x are aisles.
 */
export const SeatPlanSchema = Type.Object({
  width: Type.Integer({ minimum: 1, maximum: 200 }),
  height: Type.Integer({ minimum: 1, maximum: 200 }),
  seats: Type.Array(
    Type.Object({
      no: Type.Integer({ minimum: 1, maximum: SEATS_PER_AUDITORIUM_MAX }),
      row: Type.String({ minLength: 1, maxLength: 4 }),
      label: Type.String({ minLength: 1, maxLength: 8, description: 'As printed on the seat: F12, AH1' }),
      x: Type.Integer({ minimum: 0, maximum: 199 }),
      y: Type.Integer({ minimum: 0, maximum: 199 }),
      kind: Type.Enum([...SEAT_KINDS]),
    }),
    { minItems: 1, maxItems: SEATS_PER_AUDITORIUM_MAX },
  ),
});
export type SeatPlan = Static<typeof SeatPlanSchema>;
export type PlannedSeat = SeatPlan['seats'][number];
