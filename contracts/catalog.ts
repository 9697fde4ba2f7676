import { Type, type Static } from 'typebox';
import { IdSchema } from './ids.ts';

export const RATINGS = ['L', '10', '12', '14', '16', '18'] as const;
export const LANGUAGES = ['dubbed', 'subtitled', 'original'] as const;
export const FORMATS = ['2D', '3D', 'IMAX', '4DX', 'XD'] as const;
export const ACCESS_FEATURES = ['libras', 'audio_description', 'captions', 'wheelchair'] as const;

export type Rating = (typeof RATINGS)[number];
export type Language = (typeof LANGUAGES)[number];
export type Format = (typeof FORMATS)[number];
export type AccessFeature = (typeof ACCESS_FEATURES)[number];

const Nullable = <T extends Parameters<typeof Type.Union>[0][number]>(type: T) => Type.Union([type, Type.Null()]);

export const MovieCardSchema = Type.Object({
  movieId: Type.Integer(),
  slug: Type.String(),
  title: Type.String(),
  originalTitle: Nullable(Type.String()),
  rating: Nullable(Type.Enum([...RATINGS])),
  runningMinutes: Nullable(Type.Integer()),
  genres: Type.Array(Type.String()),
  posterUrl: Nullable(Type.String()),
  releasedOn: Nullable(Type.String()),
  /** On the asked day and place; 0 for 'em breve'. */
  screeningCount: Type.Integer(),
  priceFromCents: Nullable(Type.Integer()),
  nextStartsAt: Nullable(Type.String({ description: 'ISO 8601 with offset' })),
});
export type MovieCard = Static<typeof MovieCardSchema>;

/** Cinema days are dates at the theater: 'YYYY-MM-DD'. A show after midnight belongs to the day before. */
export const DayPattern = '^\\d{4}-\\d{2}-\\d{2}$';

export const SearchQuerySchema = Type.Object({
  q: Type.Optional(Type.String({ maxLength: 200 })),
  date: Type.Optional(Type.String({ pattern: DayPattern })),
  city: Type.Optional(
    Type.String({ maxLength: 120, description: 'City and state, as GET /api/cities names them: "Recife, PE"' }),
  ),
  theater: Type.Optional(IdSchema),
  language: Type.Optional(Type.Enum([...LANGUAGES])),
  format: Type.Optional(Type.Enum([...FORMATS])),
  access: Type.Optional(Type.Array(Type.Enum([...ACCESS_FEATURES]), { maxItems: 4 })),
  page: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 1 })),
});
export type SearchQuery = Static<typeof SearchQuerySchema>;

export const SearchAnswerSchema = Type.Object({
  nowShowing: Type.Array(MovieCardSchema),
  comingSoon: Type.Array(MovieCardSchema),
  total: Type.Integer(),
  page: Type.Integer(),
  pageSize: Type.Integer(),
  /** Cinema days in the next 60 that have screenings matching everything but the date. */
  days: Type.Array(Type.String()),
});
export type SearchAnswer = Static<typeof SearchAnswerSchema>;

export const ScreeningCardSchema = Type.Object({
  screeningId: Type.Integer(),
  startsAt: Type.String({ description: 'ISO 8601 with the theater’s offset' }),
  localTime: Type.String({ description: 'HH:MM at the theater' }),
  afterMidnight: Type.Boolean(),
  auditorium: Type.String(),
  language: Type.Enum([...LANGUAGES]),
  format: Type.Enum([...FORMATS]),
  access: Type.Array(Type.Enum([...ACCESS_FEATURES])),
  priceFromCents: Type.Integer(),
  seatCount: Type.Integer(),
  availableCount: Type.Integer(),
  saleState: Type.Enum(['on_sale', 'not_yet', 'closed', 'paused', 'cancelled', 'sold_out']),
});
export type ScreeningCard = Static<typeof ScreeningCardSchema>;

export const MovieDetailSchema = Type.Object({
  ...MovieCardSchema.properties,
  synopsis: Type.String(),
  director: Nullable(Type.String()),
  actors: Type.Array(Type.String()),
  country: Nullable(Type.String()),
  credit: Nullable(Type.String()),
  /** Cinema days with screenings of this movie (narrowed by the same filters but the date). */
  days: Type.Array(Type.String()),
  day: Nullable(Type.String()),
  theaters: Type.Array(
    Type.Object({
      theaterId: Type.Integer(),
      name: Type.String(),
      city: Type.String(),
      state: Type.String(),
      district: Nullable(Type.String()),
      address: Nullable(Type.String()),
      screenings: Type.Array(ScreeningCardSchema),
    }),
  ),
});
export type MovieDetail = Static<typeof MovieDetailSchema>;

export const CitySchema = Type.Object({
  city: Type.String({ description: '"Recife, PE"' }),
  theaterCount: Type.Integer(),
  screeningCount: Type.Integer(),
});
export type City = Static<typeof CitySchema>;

/** GET /api/theaters?city= */
export const TheaterCardSchema = Type.Object({
  theaterId: Type.Integer(),
  slug: Type.String(),
  name: Type.String(),
  city: Type.String(),
  state: Type.String(),
  district: Nullable(Type.String()),
  address: Nullable(Type.String()),
  timeZone: Type.String(),
  screeningCount: Type.Integer(),
});
export type TheaterCard = Static<typeof TheaterCardSchema>;
