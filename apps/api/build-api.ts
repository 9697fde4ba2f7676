import { join } from 'node:path';
import cookie from '@fastify/cookie';
import type { Log } from '#platform/log';
import { refuseUncleanText } from '#platform/clean-text';
import { type HotConnections, type HotHandler, serveHot } from '#platform/hot-http/hot-connections';
import { createHttpServer, type HttpServer } from '#platform/http-server';
import type { Database } from '#platform/postgres';
import type { ApiSettings } from './config.ts';
import { type Dependency, registerHealthRoutes } from './health.ts';
import { collectOpenApi, serveOpenApi } from './openapi.ts';
import { registerConfigRoutes } from './routes/config.ts';
import { useSecurity } from './security.ts';
import { type Session, useSessions } from './session.ts';
import { serveDemoPosters, type WebPages, webPages } from './web-pages.ts';

export type ApiDeps = {
  log: Log;
  db: Database;
  /** Folder of the release: migrations, and the built web application below it. */
  root: string;
  settings: ApiSettings;
  resolveSession: (token: string) => Promise<Session | null>;
  /** The routes of the capabilities, registered in this order. */
  routes: readonly ((api: HttpServer) => void | Promise<void>)[];
  dependencies: readonly Dependency[];
  /** What answers the requests of a rush in front of the routes; made when they are all there. */
  hotRoutes?: (api: HttpServer, pages: WebPages) => Promise<HotHandler>;
};

/** The whole HTTP server, wired but not listening. */
export async function buildApi(deps: ApiDeps): Promise<HttpServer> {
  const { settings } = deps;
  const pages = await webPages(join(deps.root, 'apps/web/dist/browser'));
  const api = createHttpServer({ log: deps.log, trustProxy: settings.TRUST_PROXY, notFound: pages.notFound });
  await collectOpenApi(api, settings.PUBLIC_URL);
  await api.register(cookie);
  await useSecurity(api, {
    scriptUrls: [settings.STRIPE_SCRIPT_URL, settings.PAYPAL_SCRIPT_URL],
    secure: settings.PUBLIC_URL.startsWith('https:'),
  });
  useSessions(api, deps.resolveSession);
  refuseUncleanText(api);
  registerHealthRoutes(api, deps);
  registerConfigRoutes(api, { settings });
  for (const register of deps.routes) await register(api);
  await serveOpenApi(api);
  await pages.register(api);
  if (settings.DEMO) await serveDemoPosters(api, deps.root);
  let hot: HotConnections | null = null;
  api.addHook('preClose', async () => hot?.close());
  await api.ready();
  if (deps.hotRoutes) hot = serveHot(api.server, await deps.hotRoutes(api, pages));
  return api;
}
