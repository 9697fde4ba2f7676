import helmet from '@fastify/helmet';
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
    if (isCrossSiteChange(request.method, request.headers['sec-fetch-site'], request.url)) {
      return sendProblem(reply, 403, 'cross_site_refused');
    }
  });
}

function policyFor(url: string, pages: string): string {
  if (url.startsWith('/api/docs')) return DOCS_POLICY;
  return url.startsWith('/api/') ? API_POLICY : pages;
}

/** The session cookie is SameSite, and browsers also say where a request comes from; webhooks are no browsers. */
function isCrossSiteChange(method: string, site: unknown, url: string): boolean {
  if (method === 'GET' || method === 'HEAD' || method === 'OPTIONS') return false;
  return site === 'cross-site' && !url.startsWith('/api/webhooks/');
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
