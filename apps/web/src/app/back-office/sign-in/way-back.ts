import type { Role } from '#contracts/accounts';

/** Where somebody of this role goes after signing in: where they wanted to, if that is a page of ours for them. */
export function wayBack(wished: string | undefined, role: Role): string {
  const manages = role === 'manager' || role === 'administrator';
  const home = manages ? '/admin' : '/porta';
  // One slash only: '//host' and '/\host' would leave the site.
  if (!wished || !/^\/(?![/\\])/.test(wished)) return home;
  return wished.startsWith('/admin') && !manages ? home : wished;
}

/** The secret of an otpauth address in groups of four, for who types it. */
export function typedSecret(otpauthUrl: string | undefined): string {
  const secret = /[?&]secret=([A-Z2-7]+)/i.exec(otpauthUrl ?? '')?.[1] ?? '';
  return secret.replace(/(.{4})(?=.)/g, '$1 ');
}
