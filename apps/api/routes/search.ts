import { Type } from 'typebox';
import {
  CitySchema,
  MovieDetailSchema,
  SearchAnswerSchema,
  SearchQuerySchema,
  TheaterCardSchema,
} from '#contracts/catalog';
import { listCities, listTheaters, readMovie, searchMovies } from '#capabilities/search';
import type { Clock } from '#platform/clock';
import type { HttpServer } from '#platform/http-server';
import type { Database } from '#platform/postgres';
import { sendProblem } from '#platform/problem';
import { createMemory, sendRemembered } from '#platform/remember';

// Seconds that a search may lag behind a sale. Seats are never decided here, only counted.
const TTL_MS = 3_000;
const ENTRIES_MAX = 2_000;

const { q: _q, page: _page, ...movieFilters } = SearchQuerySchema.properties;

/** GET /api/search, /api/movies/:slug, /api/cities, /api/theaters. Public, answered from memory for a few seconds. */
export function registerSearchRoutes(api: HttpServer, deps: { db: Database; clock: Clock }): void {
  const { db } = deps;
  const memory = createMemory({ ttlMs: TTL_MS, entriesMax: ENTRIES_MAX, clock: deps.clock });
  const tags = ['search'];

  api.get(
    '/api/search',
    {
      schema: {
        summary: 'Movies by name, by cinema day, or by both',
        tags,
        querystring: SearchQuerySchema,
        response: { 200: SearchAnswerSchema },
      },
    },
    async (request, reply) => {
      const found = await memory.answer(`search ${JSON.stringify(sorted(request.query))}`, () =>
        searchMovies(db, request.query),
      );
      return sendRemembered(request, reply, found!);
    },
  );

  api.get(
    '/api/movies/:slug',
    {
      schema: {
        summary: 'One movie, with its screenings of a day by theater',
        tags,
        params: Type.Object({ slug: Type.String({ maxLength: 200 }) }),
        querystring: Type.Object(movieFilters),
        response: { 200: MovieDetailSchema },
      },
    },
    async (request, reply) => {
      const { slug } = request.params;
      const found = await memory.answer(`movie ${JSON.stringify([slug, sorted(request.query)])}`, () =>
        readMovie(db, slug, request.query),
      );
      return found ? sendRemembered(request, reply, found) : sendProblem(reply, 404, 'movie_unknown');
    },
  );

  api.get(
    '/api/cities',
    { schema: { summary: 'Cities that have a theater', tags, response: { 200: Type.Array(CitySchema) } } },
    async (request, reply) => sendRemembered(request, reply, (await memory.answer('cities', () => listCities(db)))!),
  );

  api.get(
    '/api/theaters',
    {
      schema: {
        summary: 'Theaters of a city',
        tags,
        querystring: Type.Object({ city: Type.Optional(Type.String({ maxLength: 120 })) }),
        response: { 200: Type.Array(TheaterCardSchema) },
      },
    },
    async (request, reply) => {
      const { city } = request.query;
      const found = await memory.answer(`theaters ${city ?? ''}`, () => listTheaters(db, city));
      return sendRemembered(request, reply, found!);
    },
  );
}

const sorted = (query: object) => Object.entries(query).sort(([a], [b]) => (a < b ? -1 : 1));
