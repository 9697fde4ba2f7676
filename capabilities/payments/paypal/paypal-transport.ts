type OutgoingRequest = {
  url?: string;
  method?: string;
  headers?: { toJSON?(): Record<string, unknown> };
  data?: unknown;
};

/**
 * What the PayPal SDK's axios calls instead of the network: the same request at another address, with a real time-out.
 * Only scheme, host and port change; redirects are never followed, because they would carry the bearer token away.
 */
export function createPaypalTransport(apiUrl: string, timeoutMs: number) {
  const target = new URL(apiUrl);
  return async (request: OutgoingRequest) => {
    const asked = new URL(request.url ?? '');
    const url = new URL(`${asked.pathname}${asked.search}`, target);
    const headers = Object.entries(request.headers?.toJSON?.() ?? {})
      .filter(([, value]) => value !== undefined && value !== null && value !== false)
      .map(([name, value]): [string, string] => [name, String(value)]);
    const response = await fetch(url, {
      method: (request.method ?? 'get').toUpperCase(),
      headers,
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
      ...(typeof request.data === 'string' ? { body: request.data } : {}),
    });
    return {
      data: await response.text(),
      status: response.status,
      statusText: response.statusText,
      headers: Object.fromEntries(response.headers),
      config: request,
      request: {},
    };
  };
}
