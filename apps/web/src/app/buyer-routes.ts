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
      {
        path: 'pedido/:id',
        title: 'order.title',
        canActivate: [signedIn],
        loadComponent: () => import('./checkout/order-page.ts').then((page) => page.OrderPage),
      },
      {
        path: 'meus-ingressos',
        title: 'tickets.title',
        loadComponent: () => import('./my-tickets/my-tickets-page.ts').then((page) => page.MyTicketsPage),
      },
      {
        path: 'conta',
        title: 'account.title',
        canActivate: [signedIn],
        loadComponent: () => import('./account/account-page.ts').then((page) => page.AccountPage),
      },
      {
        path: 'ajuda',
        title: 'help.title',
        loadComponent: () => import('./shell/help-page.ts').then((page) => page.HelpPage),
      },
      {
        path: 'acessibilidade',
        title: 'accessibilityPage.title',
        loadComponent: () => import('./shell/accessibility-page.ts').then((page) => page.AccessibilityPage),
      },
      { path: '**', component: NotFound, title: 'notFound.title' },
    ],
  },
];
