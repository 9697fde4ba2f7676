import { Type, type Static } from 'typebox';
import { ACCESS_FEATURES, FORMATS, LANGUAGES, RATINGS } from './catalog.ts';
import { SeatPlanSchema } from './seat-plan.ts';

const Text = Type.String();
const TextOrNull = Type.Union([Type.String(), Type.Null()]);

/** GET /api/screenings/:id: everything about it that does not change while seats sell. */
export const ScreeningDetailSchema = Type.Object({
  screeningId: Type.Integer(),
  movie: Type.Object({
    movieId: Type.Integer(),
    slug: Text,
    title: Text,
    rating: Type.Union([Type.Enum([...RATINGS]), Type.Null()]),
    runningMinutes: Type.Union([Type.Integer(), Type.Null()]),
    posterUrl: TextOrNull,
  }),
  theater: Type.Object({
    theaterId: Type.Integer(),
    name: Text,
    city: Text,
    state: Text,
    address: TextOrNull,
    timeZone: Text,
  }),
  auditorium: Type.Object({ auditoriumId: Type.Integer(), name: Text }),
  startsAt: Text,
  endsAt: Text,
  localDate: Text,
  localTime: Text,
  cinemaDay: Text,
  language: Type.Enum([...LANGUAGES]),
  format: Type.Enum([...FORMATS]),
  access: Type.Array(Type.Enum([...ACCESS_FEATURES])),
  priceCents: Type.Integer(),
  feeBasisPoints: Type.Integer(),
  halfPriceQuota: Type.Integer(),
  salesOpenAt: TextOrNull,
  salesCloseAt: Text,
  saleState: Type.Enum(['on_sale', 'not_yet', 'closed', 'paused', 'cancelled', 'sold_out']),
  plan: SeatPlanSchema,
  /** Full prices that differ from priceCents: [seat no, cents]. */
  priceExceptions: Type.Array(Type.Tuple([Type.Integer(), Type.Integer()])),
});
export type ScreeningDetail = Static<typeof ScreeningDetailSchema>;

export const BestSeatsAnswerSchema = Type.Object({
  seatNos: Type.Array(Type.Integer()),
  together: Type.Boolean(),
});
export type BestSeatsAnswer = Static<typeof BestSeatsAnswerSchema>;
