import { Injectable } from '@angular/core';

/** Speaks to the screen reader without showing anything. The same words twice are spoken twice. */
@Injectable({ providedIn: 'root' })
export class Announcer {
  private readonly regions: Partial<Record<'polite' | 'assertive', HTMLElement>> = {};

  say(text: string, urgency: 'polite' | 'assertive' = 'polite'): void {
    const region = (this.regions[urgency] ??= makeRegion(urgency));
    // Inside an open modal dialog only its own content is spoken, so the region moves there.
    const place = document.querySelector('dialog[open]') ?? document.body;
    if (region.parentElement !== place) place.append(region);
    region.textContent = '';
    setTimeout(() => (region.textContent = text), 60);
  }
}

function makeRegion(urgency: 'polite' | 'assertive'): HTMLElement {
  const region = document.createElement('div');
  region.className = 'sr-only';
  region.setAttribute('aria-live', urgency);
  return region;
}
