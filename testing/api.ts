import cookie from '@fastify/cookie';
import pino from 'pino';
import { type Session, SESSION_COOKIE, useSessions } from '../apps/api/session.ts';
import { createHttpServer, type HttpServer } from '#platform/http-server';

/**
 * An API with only the routes under test, and sessions by name: `cookies: as('ana')` is whoever `people.ana` says.
 * Use `api.inject(...)`; nothing listens.
 */
export async function testApi(
  people: Record<string, Session>,
  register: (api: HttpServer) => void | Promise<void>,
): Promise<HttpServer> {
  const api = createHttpServer({ log: pino({ level: process.env['TEST_LOG'] ?? 'silent' }) });
  await api.register(cookie);
  useSessions(api, async (token) => people[token] ?? null);
  await register(api);
  await api.ready();
  return api;
}

export const as = (name: string): Record<string, string> => ({ [SESSION_COOKIE]: name });
