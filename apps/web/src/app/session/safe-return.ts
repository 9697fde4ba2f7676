/** Where to go after signing in: only a path of ours, never another site and never the sign-in page itself. */
export function safeReturn(wanted: string | undefined, otherwise = '/'): string {
  if (!wanted || !/^\/(?![/\\])/.test(wanted)) return otherwise;
  return wanted.startsWith('/entrar') || wanted.startsWith('/equipe/entrar') ? otherwise : wanted;
}
