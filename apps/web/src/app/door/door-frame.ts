import { Component, DestroyRef, effect, inject } from '@angular/core';
import { Router, RouterOutlet } from '@angular/router';
import { PageTitle } from '../shell/page-title.ts';
import { Session } from '../session/session.ts';

/** Around the pages of the door: always dark, and installable by itself with the door as first page. */
@Component({
  selector: 'pt-door-frame',
  imports: [RouterOutlet],
  template: `<div class="door"><router-outlet /></div><div class="sr-only" aria-live="polite">{{ title.spoken() }}
  </div>`,
})
export class DoorFrame {
  protected readonly title = inject(PageTitle);
  private readonly session = inject(Session);
  private readonly router = inject(Router);

  constructor() {
    const manifest = document.querySelector<HTMLLinkElement>('link[rel="manifest"]');
    const buyers = manifest?.getAttribute('href') ?? '';
    manifest?.setAttribute('href', 'porta.webmanifest');
    // On the root, so that dialogs and notices outside this frame are dark too.
    document.documentElement.classList.add('door-open');
    inject(DestroyRef).onDestroy(() => {
      manifest?.setAttribute('href', buyers);
      document.documentElement.classList.remove('door-open');
    });
    effect(() => {
      if (this.session.account() !== null || !navigator.onLine) return;
      void this.router.navigate(['/equipe/entrar'], { queryParams: { volta: this.router.url } });
    });
  }
}
