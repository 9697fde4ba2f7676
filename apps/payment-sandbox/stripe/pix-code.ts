const field = (id: string, value: string) => `${id}${String(value.length).padStart(2, '0')}${value}`;

/** A "copia e cola" text as banks' apps read it (EMV merchant-presented QR, BR Code): TLV fields and a CRC. */
export function pixCode(reference: string, amountCents: number): string {
  const account = field('00', 'br.gov.bcb.pix') + field('25', `sandbox.poltrona.example/pix/${reference.slice(3, 27)}`);
  const body = [
    field('00', '01'),
    field('26', account),
    field('52', '0000'),
    field('53', '986'),
    field('54', (amountCents / 100).toFixed(2)),
    field('58', 'BR'),
    field('59', 'POLTRONA SANDBOX'),
    field('60', 'RECIFE'),
    field('62', field('05', reference.slice(3, 28))),
    '6304',
  ].join('');
  return body + crc16(body).toString(16).toUpperCase().padStart(4, '0');
}

/** CRC-16/CCITT-FALSE, as the manual of the BR Code says. */
export function crc16(text: string): number {
  let crc = 0xffff;
  for (const byte of Buffer.from(text, 'utf8')) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 0x8000 ? ((crc << 1) ^ 0x1021) & 0xffff : (crc << 1) & 0xffff;
  }
  return crc;
}
