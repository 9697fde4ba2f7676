import helmet from '@fastify/helmet';
import type { FastifyRequest } from 'fastify';
import type { HttpServer } from '#platform/http-server';
import { sendProblem } from '#platform/problem';

/** Origins that pages may load payment scripts and frames from. */
export type OutsideOrigins = { scriptUrls: readonly string[]; secure: boolean };

/** Headers of every answer, and no changing request from another site's page. */
export async function useSecurity(api: HttpServer, outside: OutsideOrigins): Promise<void> {
  await api.register(helmet, {
    contentSecurityPolicy: false,
    // PayPal's approval opens a window that has to talk back.
    crossOriginOpenerPolicy: { policy: 'same-origin-allow-popups' },
    crossOriginEmbedderPolicy: false,
    referrerPolicy: { policy: 'strict-origin-when-cross-origin' },
    strictTransportSecurity: outside.secure ? { maxAge: 31_536_000 } : false,
  });
  const pages = pagePolicy(outside);
  api.addHook('onRequest', async (request, reply) => {
    reply.header('content-security-policy', policyFor(request.url, pages));
    reply.header('permissions-policy', 'camera=(self), microphone=(), geolocation=(), payment=(self)');
    if (isForeignChange(request)) {
      return sendProblem(reply, 403, 'cross_site_refused');
    }
  });
}

function policyFor(url: string, pages: string): string {
  if (url.startsWith('/api/docs')) return DOCS_POLICY;
  return url.startsWith('/api/') ? API_POLICY : pages;
}

/**
 * A change asked for by a page that is not ours. SameSite=Lax keeps the cookie from other sites, but not from another
 * port or subdomain of this one, so Origin is looked at too. Programs and webhooks send neither header.
 */
function isForeignChange(request: FastifyRequest): boolean {
  if (request.method === 'GET' || request.method === 'HEAD' || request.method === 'OPTIONS') return false;
  if (request.url.startsWith('/api/webhooks/')) return false;
  const { origin, 'sec-fetch-site': site } = request.headers;
  if (site === 'same-origin') return false;
  if (site === 'cross-site') return true;
  return origin !== undefined && hostOf(origin) !== request.host;
}

function hostOf(origin: string): string | null {
  return URL.canParse(origin) ? new URL(origin).host : null;
}

const API_POLICY = "default-src 'none'; frame-ancestors 'none'";

// The API's readable page brings its own script and styles inline; nothing of it comes from outside.
const DOCS_POLICY =
  "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; " +
  "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; frame-ancestors 'none'";

function pagePolicy(outside: OutsideOrigins): string {
  const origins = [...new Set(outside.scriptUrls.flatMap(originsOf))].join(' ');
  return [
    "default-src 'self'",
    // The barcode reader is WebAssembly.
    `script-src 'self' 'wasm-unsafe-eval' ${origins}`,
    "style-src 'self' 'unsafe-inline'",
    `img-src 'self' data: blob: https: ${origins}`,
    "font-src 'self' data:",
    `connect-src 'self' ${origins}`,
    `frame-src 'self' ${origins}`,
    "worker-src 'self' blob:",
    "object-src 'none'",
    "base-uri 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    ...(outside.secure ? ['upgrade-insecure-requests'] : []),
  ].join('; ');
}

// What the providers' own scripts load from, as their documentation lists it.
const KNOWN_NEEDS: Record<string, string[]> = {
  'https://js.stripe.com': ['https://*.stripe.com', 'https://hooks.stripe.com'],
  'https://www.paypal.com': ['https://*.paypal.com', 'https://*.paypalobjects.com'],
};

function originsOf(url: string): string[] {
  const { origin } = new URL(url);
  return [origin, ...(KNOWN_NEEDS[origin] ?? [])];
}
