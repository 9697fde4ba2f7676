import { Component, computed, effect, type ElementRef, inject, signal, viewChild } from '@angular/core';
import { Router, RouterLink, RouterLinkActive, RouterOutlet } from '@angular/router';
import { TranslocoDirective } from '@jsverse/transloco';
import { Language } from '../language/language.ts';
import { Session } from '../session/session.ts';
import { PageTitle } from '../shell/page-title.ts';
import { Button, Chip, Dialog, Icon, type IconName, Mark, Theme, type ThemeName } from '../ui/index.ts';

type Place = { path: string; word: string; icon: IconName; exact: boolean };

const PLACES: readonly Place[] = [
  { path: '/admin', word: 'board', icon: 'chart', exact: true },
  { path: '/admin/programacao', word: 'programme', icon: 'calendar', exact: false },
  { path: '/admin/importar', word: 'imports', icon: 'upload', exact: false },
  { path: '/admin/pedidos', word: 'orders', icon: 'ticket', exact: false },
  { path: '/porta', word: 'door', icon: 'camera', exact: false },
];

/** Around every page of the back office: navigation at the side, at the bottom on phones, and who is signed in. */
@Component({
  selector: 'pt-back-office',
  imports: [Button, Chip, Dialog, Icon, Mark, RouterLink, RouterLinkActive, RouterOutlet, TranslocoDirective],
  template: `
    <div class="back-office" *transloco="let t; prefix: 'backOffice.frame'">
      <a class="skip-link" href="#conteudo" (click)="toContent($event)">{{ t('skip') }}</a>
      <header class="office-head">
        <a class="brand" routerLink="/admin" [attr.aria-label]="t('home')"><pt-mark /> <span>Poltrona</span></a>
        <button ptButton="quiet" type="button" class="office-account" aria-haspopup="dialog"
          (click)="settings.set(true)">
          <pt-icon name="user" /> <span>{{ name() }}</span>
          <span class="sr-only">{{ t('account') }}</span>
        </button>
      </header>
      <nav class="office-nav" [attr.aria-label]="t('nav')">
        <ul role="list">
          @for (place of places; track place.path) {
            <li>
              <a [routerLink]="place.path" routerLinkActive="office-here" ariaCurrentWhenActive="page"
                [routerLinkActiveOptions]="{ exact: place.exact }">
                <pt-icon [name]="place.icon" [size]="22" /> <span>{{ t('places.' + place.word) }}</span>
              </a>
            </li>
          }
        </ul>
      </nav>
      <main class="office-main" id="conteudo" tabindex="-1" #main><router-outlet /></main>
      <div class="sr-only" aria-live="polite">{{ title.spoken() }}</div>
      <pt-dialog [open]="settings()" [title]="t('account')" shape="sheet" (closed)="settings.set(false)">
        <div class="stack">
          <div>
            <p class="strong">{{ name() }}</p>
            <p class="soft small">{{ session.account()?.email }} · {{ t('roles.' + (session.role() ?? 'buyer')) }}</p>
          </div>
          <fieldset class="choice">
            <legend>{{ t('language') }}</legend>
            <div class="row">
              <button ptChip [pressed]="language.code() === 'pt-BR'" (click)="language.speak('pt-BR')"
                lang="pt-BR">Português</button>
              <button ptChip [pressed]="language.code() === 'en'" (click)="language.speak('en')"
                lang="en">English</button>
            </div>
          </fieldset>
          <fieldset class="choice">
            <legend>{{ t('theme') }}</legend>
            <div class="row">
              @for (name of themes; track name) {
                <button ptChip [pressed]="theme.name() === name" (click)="theme.choose(name)">
                  {{ t('themes.' + name) }}</button>
              }
            </div>
          </fieldset>
          <a routerLink="/" (click)="settings.set(false)">{{ t('toSite') }}</a>
          <button ptButton="secondary" type="button" [busy]="leaving()" (click)="signOut()">
            <pt-icon name="logout" /> {{ t('signOut') }}
          </button>
        </div>
      </pt-dialog>
    </div>
  `,
})
export class Frame {
  protected readonly session = inject(Session);
  protected readonly language = inject(Language);
  protected readonly theme = inject(Theme);
  protected readonly title = inject(PageTitle);
  private readonly router = inject(Router);
  private readonly main = viewChild<ElementRef<HTMLElement>>('main');
  protected readonly places = PLACES;
  protected readonly themes: readonly ThemeName[] = ['system', 'dark', 'light'];
  protected readonly settings = signal(false);
  protected readonly leaving = signal(false);
  protected readonly name = computed(() => this.session.account()?.name ?? this.session.account()?.email ?? '');

  constructor() {
    // The session ended (another device signed it out, or the API answered 401): ask again, then come back here.
    effect(() => {
      if (this.session.account() !== null || this.leaving()) return;
      void this.router.navigate(['/equipe/entrar'], { queryParams: { volta: this.router.url } });
    });
  }

  protected toContent(event: Event): void {
    event.preventDefault();
    this.main()?.nativeElement.focus();
  }

  protected async signOut(): Promise<void> {
    this.leaving.set(true);
    try {
      await this.session.signOut();
      await this.router.navigateByUrl('/equipe/entrar');
    } finally {
      this.leaving.set(false);
    }
  }
}
