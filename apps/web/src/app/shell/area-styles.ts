import type { ResolveFn } from '@angular/router';

/**
 * Loads the style sheet of an area with its routes. Styles are files and never inline: the content security policy
 * says style-src 'self', and buyers do not pay for the back office.
 */
export function areaStyles(name: 'back-office' | 'door-page'): ResolveFn<boolean> {
  return () =>
    new Promise((resolve) => {
      if (document.querySelector(`link[data-area="${name}"]`)) return resolve(true);
      const link = document.createElement('link');
      link.rel = 'stylesheet';
      link.href = `${name}.css`;
      link.dataset['area'] = name;
      link.addEventListener('load', () => resolve(true));
      link.addEventListener('error', () => resolve(false));
      document.head.append(link);
    });
}
