import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { HttpServer } from '#platform/http-server';
import { type KeptFields, type Remembered, rememberedBytes, sendRemembered } from '#platform/remember';
import { sendProblem } from '#platform/problem';

const YEAR_SECONDS = 31_536_000;
/** The build puts a hash of the content into these names, so that they never change. */
const HASHED = /-[A-Za-z0-9_-]{8,}\.(?:js|css|woff2?|svg|png|webp|wasm|map)(?:\.br|\.gz)?$/;

export type WebPages = {
  /** The page at / as it was last read, for the hot routes; null before the first time. */
  peek: () => Remembered | null;
  register: (api: HttpServer) => Promise<void>;
  /** The page itself for every path that is not a file: the router in the browser knows the rest. */
  notFound: (request: FastifyRequest, reply: FastifyReply) => unknown;
};

/** Serves the built web application, and its .br and .gz copies where the browser takes them. */
export async function webPages(folder: string): Promise<WebPages> {
  const current = createPage(folder);
  await current();
  return {
    peek: current.peek,
    notFound: async (request, reply) => {
      const page = await current();
      const path = request.url.split('?', 1)[0]!;
      const isPage = request.method === 'GET' || request.method === 'HEAD';
      if (!page || !isPage || path.startsWith('/api/') || /\.[a-z0-9]{2,5}$/i.test(path)) {
        return sendProblem(reply, 404, 'not_found');
      }
      return sendPage(reply, page);
    },
    register: async (api) => {
      api.get('/', { schema: { hide: true } }, async (_request, reply) => sendPage(reply, await current()));
      if (!(await current())) return;
      await api.register(fastifyStatic, {
        root: folder,
        prefix: '/',
        index: false,
        preCompressed: true,
        schemaHide: true,
        cacheControl: false,
        setHeaders: (reply, path) => {
          reply.header('cache-control', HASHED.test(path) ? `public, max-age=${YEAR_SECONDS}, immutable` : 'no-cache');
        },
      });
    },
  };
}

type Page = Remembered;

export const WEB_PAGE: KeptFields = { contentType: 'text/html; charset=utf-8', cacheControl: 'no-cache' };

const LOOK_AGAIN_MS = 1_000;

/** The page as it was last built: a build while we run brings new names of scripts, and the old ones are gone. */
function createPage(folder: string) {
  let page: Promise<Page | null> | undefined;
  let last: Page | null = null;
  let readAt = 0;
  const current = (): Promise<Page | null> => {
    if (!page || performance.now() - readAt > LOOK_AGAIN_MS) {
      readAt = performance.now();
      page = readPage(folder).then((read) => {
        // The same page stays the same object: what was made of it is still good.
        if (read?.etag !== last?.etag) last = read;
        return last;
      });
    }
    return page;
  };
  const peek = () => {
    // Whoever waits for the page is told that it cannot be read; here the last one is as good.
    current().catch(() => {});
    return last;
  };
  return Object.assign(current, { peek });
}

async function readPage(folder: string): Promise<Page | null> {
  const file = join(folder, 'index.html');
  if (
    !(await access(file).then(
      () => true,
      () => false,
    ))
  )
    return null;
  return rememberedBytes(await readFile(file, 'latin1'));
}

function sendPage(reply: FastifyReply, page: Page | null) {
  if (!page) return sendProblem(reply, 503, 'web_not_built', { detail: 'Run npm run build:web' });
  return sendRemembered(reply.request, reply, page, WEB_PAGE);
}

/** The posters of the demo programme, which are no part of the web application. */
export async function serveDemoPosters(api: HttpServer, root: string): Promise<void> {
  await api.register(fastifyStatic, {
    root: join(root, 'database/demo/posters'),
    prefix: '/demo/posters/',
    decorateReply: false,
    index: false,
    schemaHide: true,
    maxAge: '1h',
  });
}
