import type { Routes } from '@angular/router';
import { provideTranslocoScope } from '@jsverse/transloco';
import { areaWords } from './language/area-words.ts';
import { staffAtLeast } from './session/guards.ts';
import { areaStyles } from './shell/area-styles.ts';

export const routes: Routes = [
  {
    path: 'admin',
    canActivate: [staffAtLeast('manager')],
    resolve: { styles: areaStyles('back-office'), words: areaWords('back-office') },
    providers: [provideTranslocoScope('back-office')],
    loadChildren: () => import('./back-office/routes.ts').then((area) => area.routes),
  },
  {
    path: 'equipe',
    resolve: { styles: areaStyles('back-office'), words: areaWords('back-office') },
    providers: [provideTranslocoScope('back-office')],
    loadChildren: () => import('./back-office/sign-in/routes.ts').then((area) => area.routes),
  },
  {
    path: 'porta',
    canActivate: [staffAtLeast('usher')],
    resolve: { styles: areaStyles('door-page'), words: areaWords('door') },
    providers: [provideTranslocoScope('door')],
    loadChildren: () => import('./door/routes.ts').then((area) => area.routes),
  },
  { path: '', loadChildren: () => import('./buyer-routes.ts').then((area) => area.routes) },
];
