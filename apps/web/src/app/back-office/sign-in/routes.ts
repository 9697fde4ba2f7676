import type { Routes } from '@angular/router';
import { StaffSignIn } from './staff-sign-in.ts';

export const routes: Routes = [
  { path: 'entrar', component: StaffSignIn, title: 'backOffice.signIn.title' },
  { path: '**', redirectTo: 'entrar' },
];
