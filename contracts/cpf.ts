/**
 * The eleven digits of a CPF typed with or without its mask, or null when it is not one: wrong length, stray
 * characters, wrong check digits, or one digit repeated (all ten pass the checksum, none was ever issued).
 */
export function parseCpf(text: string): string | null {
  const trimmed = text.trim();
  if (!/^(\d{11}|\d{3}\.\d{3}\.\d{3}-\d{2})$/.test(trimmed)) return null;
  const digits = trimmed.replace(/\D/g, '');
  if (/^(\d)\1{10}$/.test(digits)) return null;
  return checkDigit(digits, 9) === digits[9] && checkDigit(digits, 10) === digits[10] ? digits : null;
}

function checkDigit(digits: string, length: number): string {
  let sum = 0;
  for (let index = 0; index < length; index += 1) sum += Number(digits[index]) * (length + 1 - index);
  return String(((sum * 10) % 11) % 10);
}

/** '52998224725' → '***.982.247-**', enough to recognise one's own number and too little to use another's. */
export function maskCpf(digits: string): string {
  return `***.${digits.slice(3, 6)}.${digits.slice(6, 9)}-**`;
}
