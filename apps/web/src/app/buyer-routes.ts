import type { Routes } from '@angular/router';
import { NotFound } from './shell/not-found.ts';

export const routes: Routes = [{ path: '**', component: NotFound, title: 'notFound.title' }];
