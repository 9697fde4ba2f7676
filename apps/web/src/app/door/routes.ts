import type { Routes } from '@angular/router';
import { DoorFrame } from './door-frame.ts';

export const routes: Routes = [
  {
    path: '',
    component: DoorFrame,
    children: [
      {
        path: '',
        pathMatch: 'full',
        title: 'door.choose.title',
        loadComponent: () => import('./choose-screening/choose-screening.ts').then((page) => page.ChooseScreening),
      },
      {
        path: ':id',
        title: 'door.gate.title',
        loadComponent: () => import('./gate/gate-page.ts').then((page) => page.GatePage),
      },
    ],
  },
];
