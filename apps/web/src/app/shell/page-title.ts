import { effect, inject, Injectable, signal } from '@angular/core';
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

  /** The key of the page's title; null where the page names itself. */
  private readonly key = signal<string | null>(null);
  private path = '';

  constructor() {
    super();
    // Also when another language is chosen.
    effect(() => {
      const key = this.key();
      if (key) this.show(this.language.say(key));
    });
  }

  override updateTitle(state: RouterStateSnapshot): void {
    const key = this.buildTitle(state) ?? null;
    const path = state.url.split(/[?#]/, 1)[0] ?? '';
    const samePage = path === this.path && key === this.key();
    this.path = path;
    this.key.set(key);
    // A page that named itself keeps its name while only its filters change.
    if (!samePage) this.show(key ? this.language.say(key) : '');
  }

  name(text: string): void {
    this.key.set(null);
    this.show(text);
  }

  private show(text: string): void {
    this.title.setTitle(text ? `${text} · Poltrona` : 'Poltrona');
    this.spoken.set(text);
  }
}
