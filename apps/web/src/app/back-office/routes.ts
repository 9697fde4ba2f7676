import type { Routes } from '@angular/router';
import { NotFound } from '../shell/not-found.ts';
import { Frame } from './frame.ts';

export const routes: Routes = [
  {
    path: '',
    component: Frame,
    children: [
      {
        path: '',
        pathMatch: 'full',
        title: 'backOffice.board.title',
        loadComponent: () => import('./board/board-page.ts').then((page) => page.BoardPage),
      },
      {
        path: 'programacao',
        title: 'backOffice.programme.title',
        loadComponent: () => import('./programme/programme-page.ts').then((page) => page.ProgrammePage),
      },
      {
        path: 'sessao/:id',
        title: 'backOffice.screening.title',
        loadComponent: () => import('./screening/screening-page.ts').then((page) => page.ScreeningPage),
      },
      {
        path: 'importar',
        title: 'backOffice.imports.title',
        loadComponent: () => import('./imports/import-list-page.ts').then((page) => page.ImportListPage),
      },
      {
        path: 'importar/:run',
        title: 'backOffice.imports.title',
        loadComponent: () => import('./imports/import-run-page.ts').then((page) => page.ImportRunPage),
      },
      {
        path: 'pedidos',
        title: 'backOffice.orders.title',
        loadComponent: () => import('./orders/order-list-page.ts').then((page) => page.OrderListPage),
      },
      {
        path: 'pedidos/:id',
        title: 'backOffice.orders.one',
        loadComponent: () => import('./orders/order-page.ts').then((page) => page.OrderPage),
      },
      { path: '**', component: NotFound, title: 'notFound.title' },
    ],
  },
];
