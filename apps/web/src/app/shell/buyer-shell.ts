import { Component, computed, DestroyRef, effect, type ElementRef, inject, signal, viewChild } from '@angular/core';
import { toSignal } from '@angular/core/rxjs-interop';
import { NavigationEnd, Router, RouterLink, RouterLinkActive, RouterOutlet } from '@angular/router';
import { TranslocoDirective } from '@jsverse/transloco';
import { filter } from 'rxjs';
import { Language } from '../language/language.ts';
import { Session } from '../session/session.ts';
import { SignInDialog } from '../session/sign-in-dialog.ts';
import { Announcer, Icon, Mark, Theme } from '../ui/index.ts';
import { PageTitle } from './page-title.ts';

/** Header, main and footer of the buyer's pages; says each new page's title and puts the focus at its start. */
@Component({
  selector: 'pt-buyer-shell',
  imports: [Icon, Mark, RouterLink, RouterLinkActive, RouterOutlet, SignInDialog, TranslocoDirective],
  template: `
    <ng-container *transloco="let t">
      <a class="skip-link" href="#main" (click)="skip($event)">{{ t('shell.skip') }}</a>
      <header class="site-header">
        <div>
          <a class="brand" routerLink="/" [attr.aria-label]="t('shell.home')"><pt-mark [size]="30" /> Poltrona</a>
          <nav class="site-nav" [attr.aria-label]="t('shell.nav')">
            @if (staffHome(); as home) {
              <a [routerLink]="home"><pt-icon name="chart" /><span class="nav-word">{{ t('shell.staff') }}</span></a>
            }
            <a routerLink="/meus-ingressos" routerLinkActive ariaCurrentWhenActive="page">
              <pt-icon name="ticket" /><span class="nav-word">{{ t('shell.tickets') }}</span></a>
            @if (session.signedIn()) {
              <a routerLink="/conta" routerLinkActive ariaCurrentWhenActive="page">
                <pt-icon name="user" /><span class="nav-word">{{ t('shell.account') }}</span></a>
            } @else {
              <a routerLink="/entrar" [queryParams]="{ volta: path() }" routerLinkActive ariaCurrentWhenActive="page">
                <pt-icon name="user" /><span class="nav-word nav-word-kept">{{ t('shell.signIn') }}</span></a>
            }
          </nav>
        </div>
        @if (!online()) {
          <p class="offline-bar" role="status"><pt-icon name="offline" [size]="18" /> {{ t('shell.offline') }}</p>
        }
      </header>
      <main class="site-main" id="main" tabindex="-1" #main><router-outlet /></main>
      @if (!immersed()) {
        <footer class="site-footer">
          <div>
            <nav [attr.aria-label]="t('shell.footer')">
              <a routerLink="/ajuda">{{ t('shell.help') }}</a>
              <a routerLink="/acessibilidade">{{ t('shell.accessibility') }}</a>
              <a routerLink="/equipe/entrar">{{ t('shell.forStaff') }}</a>
            </nav>
            <div class="row">
              <button type="button" class="text-button" [attr.lang]="language.code() === 'pt-BR' ? 'en' : 'pt-BR'"
                (click)="switchLanguage()">{{ language.code() === 'pt-BR' ? 'English' : 'Português' }}</button>
              <button type="button" class="button button-quiet button-icon" (click)="switchTheme()"
                [attr.aria-label]="t('shell.theme.' + theme.name())">
                <pt-icon [name]="theme.name() === 'dark' ? 'moon' : theme.name() === 'light' ? 'sun' : 'device'" />
              </button>
            </div>
          </div>
        </footer>
      }
      <pt-sign-in-dialog />
    </ng-container>
  `,
})
export class BuyerShell {
  protected readonly session = inject(Session);
  protected readonly language = inject(Language);
  protected readonly theme = inject(Theme);
  private readonly router = inject(Router);
  private readonly title = inject(PageTitle);
  private readonly announcer = inject(Announcer);
  private readonly main = viewChild<ElementRef<HTMLElement>>('main');
  protected readonly online = signal(navigator.onLine);
  private readonly arrived = toSignal(
    this.router.events.pipe(filter((event): event is NavigationEnd => event instanceof NavigationEnd)),
  );
  protected readonly path = computed(() => this.arrived()?.urlAfterRedirects ?? this.router.url);
  /** Seats and payment have one thing to do: no footer under it. */
  protected readonly immersed = computed(() => /^\/(sessao|pedido\/[^/]+\/pagar)/.test(this.path()));
  protected readonly staffHome = computed(() => {
    if (this.session.atLeast('manager')) return '/admin';
    return this.session.atLeast('usher') ? '/porta' : null;
  });

  constructor() {
    const update = () => this.online.set(navigator.onLine);
    addEventListener('online', update);
    addEventListener('offline', update);
    inject(DestroyRef).onDestroy(() => {
      removeEventListener('online', update);
      removeEventListener('offline', update);
    });
    let page = '';
    effect(() => {
      const path = this.path().split(/[?#]/, 1)[0] ?? '';
      if (page !== '' && path !== page) {
        // A new page and not the same one with another filter: start reading it from its top.
        this.main()?.nativeElement.focus({ preventScroll: true });
      }
      page = path;
    });
    effect(() => {
      const spoken = this.title.spoken();
      if (spoken) this.announcer.say(spoken);
    });
  }

  protected skip(event: Event): void {
    event.preventDefault();
    this.main()?.nativeElement.focus();
  }

  protected switchLanguage(): void {
    void this.language.speak(this.language.code() === 'pt-BR' ? 'en' : 'pt-BR');
  }

  protected switchTheme(): void {
    const next = { system: 'dark', dark: 'light', light: 'system' } as const;
    this.theme.choose(next[this.theme.name()]);
  }
}
