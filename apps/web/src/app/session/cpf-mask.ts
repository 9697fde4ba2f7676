/** '52998224725' → '529.982.247-25', also half typed. */
export function maskWhileTyping(text: string): string {
  const digits = text.replace(/\D/g, '').slice(0, 11);
  const parts = [digits.slice(0, 3), digits.slice(3, 6), digits.slice(6, 9)].filter((part) => part !== '');
  const rest = digits.slice(9);
  return parts.join('.') + (rest ? `-${rest}` : '');
}
