import { Injectable, signal } from '@angular/core';
import { recall, remember } from '../api/remembered.ts';

export type ThemeName = 'system' | 'dark' | 'light';

/** Dark, light, or what the system says. */
@Injectable({ providedIn: 'root' })
export class Theme {
  private readonly chosen = signal<ThemeName>(known());
  readonly name = this.chosen.asReadonly();

  constructor() {
    this.wear(this.chosen());
  }

  choose(name: ThemeName): void {
    this.chosen.set(name);
    remember('theme', name === 'system' ? null : name);
    this.wear(name);
  }

  private wear(name: ThemeName): void {
    if (name === 'system') delete document.documentElement.dataset['theme'];
    else document.documentElement.dataset['theme'] = name;
  }
}

function known(): ThemeName {
  const name = recall('theme');
  return name === 'dark' || name === 'light' ? name : 'system';
}
