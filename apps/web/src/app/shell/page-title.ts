import { inject, Injectable, signal } from '@angular/core';
import { Title } from '@angular/platform-browser';
import { type RouterStateSnapshot, TitleStrategy } from '@angular/router';
import { Language } from '../language/language.ts';

/** Route titles are keys of the words; pages with a name of their own (a film) call `name()`. */
@Injectable({ providedIn: 'root' })
export class PageTitle extends TitleStrategy {
  private readonly title = inject(Title);
  private readonly language = inject(Language);
  /** What the screen reader hears after a page change. */
  readonly spoken = signal('');

  override updateTitle(state: RouterStateSnapshot): void {
    const key = this.buildTitle(state);
    this.name(key ? this.language.say(key) : '');
  }

  name(text: string): void {
    this.title.setTitle(text ? `${text} · Poltrona` : 'Poltrona');
    this.spoken.set(text);
  }
}
