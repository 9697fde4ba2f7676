import { DestroyRef, inject } from '@angular/core';

/** Calls `reload` every so often while somebody looks at the page, and at once when they come back to it. */
export function keepFresh(reload: () => void, everyMs: number): void {
  let last = Date.now();
  const renew = () => {
    last = Date.now();
    reload();
  };
  const timer = setInterval(() => {
    if (document.visibilityState === 'visible') renew();
  }, everyMs);
  const shown = () => {
    if (document.visibilityState === 'visible' && Date.now() - last >= everyMs) renew();
  };
  document.addEventListener('visibilitychange', shown);
  addEventListener('online', renew);
  inject(DestroyRef).onDestroy(() => {
    clearInterval(timer);
    document.removeEventListener('visibilitychange', shown);
    removeEventListener('online', renew);
  });
}
