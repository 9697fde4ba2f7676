/**
 * Server-sent events with reconnection that never gives up: the browser stops for good after an HTTP error (a restart
 * of the server behind a proxy), so we open again ourselves, more and more slowly, and at once when the network
 * returns or the page is shown.
 */
export type LiveEvents = { close(): void };

export type LiveHandlers = {
  events: Record<string, (data: unknown) => void>;
  opened?: () => void;
  lost?: () => void;
};

const WAIT_FIRST_MS = 500;
const WAIT_MAX_MS = 15_000;

export function openLiveEvents(url: string, handlers: LiveHandlers): LiveEvents {
  let source: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let wait = WAIT_FIRST_MS;
  let closed = false;

  function connect(): void {
    clearTimeout(timer);
    source?.close();
    if (closed) return;
    source = new EventSource(url);
    source.addEventListener('open', () => {
      wait = WAIT_FIRST_MS;
      handlers.opened?.();
    });
    for (const [name, handle] of Object.entries(handlers.events)) {
      source.addEventListener(name, (event) => handle(JSON.parse((event as MessageEvent<string>).data)));
    }
    source.addEventListener('error', () => {
      handlers.lost?.();
      if (source?.readyState !== EventSource.CLOSED) return;
      // Spread over half the wait, so that ten thousand pages do not come back in the same instant.
      timer = setTimeout(connect, wait * (0.5 + Math.random() / 2));
      wait = Math.min(wait * 2, WAIT_MAX_MS);
    });
  }

  function wake(): void {
    if (document.visibilityState === 'visible' && source?.readyState === EventSource.CLOSED) connect();
  }

  addEventListener('online', wake);
  document.addEventListener('visibilitychange', wake);
  connect();
  return {
    close() {
      closed = true;
      clearTimeout(timer);
      source?.close();
      removeEventListener('online', wake);
      document.removeEventListener('visibilitychange', wake);
    },
  };
}
