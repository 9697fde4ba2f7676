import type { Routes } from '@angular/router';
import { Home } from './browse-movies/home.ts';
import { signedIn } from './session/guards.ts';
import { BuyerShell } from './shell/buyer-shell.ts';
import { NotFound } from './shell/not-found.ts';

export const routes: Routes = [
  {
    path: '',
    component: BuyerShell,
    children: [
      { path: '', component: Home, pathMatch: 'full', title: 'home.pageTitle' },
      {
        path: 'filme/:slug',
        loadComponent: () => import('./browse-movies/movie-page.ts').then((page) => page.MoviePage),
      },
      {
        path: 'entrar',
        title: 'signIn.title',
        loadComponent: () => import('./session/sign-in-page.ts').then((page) => page.SignInPage),
      },
      {
        path: 'sessao/:id',
        loadComponent: () => import('./choose-seats/seats-page.ts').then((page) => page.SeatsPage),
      },
      {
        path: 'pedido/:id/pagar',
        title: 'pay.title',
        canActivate: [signedIn],
        loadComponent: () => import('./checkout/pay-page.ts').then((page) => page.PayPage),
      },
      {
        path: 'pedido/:id/retorno',
        title: 'pay.title',
        canActivate: [signedIn],
        loadComponent: () => import('./checkout/return-page.ts').then((page) => page.ReturnPage),
      },
      //MORE
      { path: '**', component: NotFound, title: 'notFound.title' },
    ],
  },
];
