import type { Routes } from '@angular/router';
import { provideTranslocoScope } from '@jsverse/transloco';
import { staffAtLeast } from './session/guards.ts';
import { areaStyles } from './shell/area-styles.ts';

export const routes: Routes = [
  {
    path: 'admin',
    canActivate: [staffAtLeast('manager')],
    resolve: { styles: areaStyles('back-office') },
    providers: [provideTranslocoScope('back-office')],
    loadChildren: () => import('./back-office/routes.ts').then((area) => area.routes),
  },
  {
    path: 'porta',
    canActivate: [staffAtLeast('usher')],
    resolve: { styles: areaStyles('door-page') },
    providers: [provideTranslocoScope('door')],
    loadChildren: () => import('./door/routes.ts').then((area) => area.routes),
  },
  { path: '', loadChildren: () => import('./buyer-routes.ts').then((area) => area.routes) },
];
