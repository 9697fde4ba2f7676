/** 'São João' and 'sao joao' are the same to somebody who types. */
export function fold(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase().trim();
}
