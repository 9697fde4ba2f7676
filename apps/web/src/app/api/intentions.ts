/**
 * One Idempotency-Key for one thing that a person wants. The key lives until the API has answered definitely, so that
 * a second tap, a retry after a lost reply and a reload of the button all mean the same effect. A changed body is
 * another wish and gets another key.
 */
export function createIntentions(newKey: () => string) {
  const open = new Map<string, { body: string; key: string }>();
  return {
    keyOf(name: string, body: unknown): string {
      const text = JSON.stringify(body ?? null);
      const known = open.get(name);
      if (known?.body === text) return known.key;
      const key = newKey();
      open.set(name, { body: text, key });
      return key;
    },
    settle(name: string): void {
      open.delete(name);
    },
  };
}

/** A random UUID, also on pages without a secure context (a phone on the cinema's own network). */
export function randomKey(): string {
  if (typeof crypto.randomUUID === 'function') return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
