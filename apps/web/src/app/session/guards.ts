import { inject } from '@angular/core';
import { type CanActivateFn, Router } from '@angular/router';
import type { Role } from '#contracts/accounts';
import { Session } from './session.ts';

/** Buyer pages that need somebody: sign-in first, then back to where they wanted to go. */
export const signedIn: CanActivateFn = async (_route, state) => {
  const session = inject(Session);
  const router = inject(Router);
  if (await session.known()) return true;
  return router.createUrlTree(['/entrar'], { queryParams: { volta: state.url } });
};

/** Staff pages: the staff sign-in when nobody (or a buyer) is here. */
export function staffAtLeast(role: Role): CanActivateFn {
  return async (_route, state) => {
    const session = inject(Session);
    const router = inject(Router);
    await session.known();
    if (session.atLeast(role)) return true;
    return router.createUrlTree(['/equipe/entrar'], { queryParams: { volta: state.url } });
  };
}
