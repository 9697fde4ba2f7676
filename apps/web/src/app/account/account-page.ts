import { Component, inject, signal } from '@angular/core';
import { Router } from '@angular/router';
import { TranslocoDirective } from '@jsverse/transloco';
import type { SessionList } from '#contracts/accounts';
import { Api } from '../api/api.ts';
import { remote } from '../api/remote.ts';
import { Formats } from '../language/formats.ts';
import { Language, type LanguageCode, LANGUAGES } from '../language/language.ts';
import { Session } from '../session/session.ts';
import { Button, Chip, Failure, Icon, Theme, type ThemeName, Toasts } from '../ui/index.ts';

/** Who I am here, how it looks, where I am signed in. */
@Component({
  selector: 'pt-account-page',
  imports: [Button, Chip, Failure, Icon, TranslocoDirective],
  templateUrl: './account-page.html',
})
export class AccountPage {
  protected readonly session = inject(Session);
  protected readonly language = inject(Language);
  protected readonly theme = inject(Theme);
  protected readonly formats = inject(Formats);
  private readonly api = inject(Api);
  private readonly router = inject(Router);
  private readonly toasts = inject(Toasts);
  protected readonly themes: ThemeName[] = ['system', 'dark', 'light'];
  protected readonly languages = LANGUAGES;
  protected readonly names: Record<LanguageCode, string> = { 'pt-BR': 'Português', en: 'English' };
  protected readonly ending = signal('');
  protected readonly sessions = remote(
    () => this.session.account()?.accountId,
    (_account, signal) => this.api.get<SessionList>('/api/me/sessions', {}, signal),
  );

  protected async end(sessionId: string): Promise<void> {
    this.ending.set(sessionId);
    try {
      await this.api.send('DELETE', `/api/me/sessions/${sessionId}`);
      this.toasts.show('success', this.language.say('account.ended'));
      this.sessions.reload();
    } catch (error) {
      this.toasts.show('danger', this.language.problem(error));
    }
    this.ending.set('');
  }

  protected async signOut(): Promise<void> {
    try {
      await this.session.signOut();
      await this.router.navigateByUrl('/');
    } catch (error) {
      this.toasts.show('danger', this.language.problem(error));
    }
  }
}
