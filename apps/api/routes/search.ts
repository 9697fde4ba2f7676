import { Type } from 'typebox';
import {
  CitySchema,
  MovieDetailSchema,
  SearchAnswerSchema,
  SearchQuerySchema,
  TheaterCardSchema,
} from '#contracts/catalog';
import type { HttpServer } from '#platform/http-server';
import { sendProblem } from '#platform/problem';
import { sendRemembered } from '#platform/remember';
import type { Reading } from '../reading/reading.ts';

const { q: _q, page: _page, ...movieFilters } = SearchQuerySchema.properties;

/** GET /api/search, /api/movies/:slug, /api/cities, /api/theaters. Public, answered from memory. */
export function registerSearchRoutes(api: HttpServer, deps: { reading: Reading }): void {
  const { reading } = deps;
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
    async (request, reply) => sendRemembered(request, reply, await reading.search(request.query, request.raw.url)),
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
      const found = await reading.movie(request.params.slug, request.query, request.raw.url);
      return found ? sendRemembered(request, reply, found) : sendProblem(reply, 404, 'movie_unknown');
    },
  );

  api.get(
    '/api/cities',
    { schema: { summary: 'Cities that have a theater', tags, response: { 200: Type.Array(CitySchema) } } },
    async (request, reply) => sendRemembered(request, reply, await reading.cities(request.raw.url)),
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
    async (request, reply) =>
      sendRemembered(request, reply, await reading.theaters(request.query.city, request.raw.url)),
  );
}
