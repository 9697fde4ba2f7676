import assert from 'node:assert/strict';
import test from 'node:test';
import { understand } from './asked.ts';

const NOTHING = { data: undefined, idioma: undefined, formato: undefined, acesso: undefined, cinema: undefined };

test('an address with nonsense shows everything; what is right in it still counts', () => {
  const none = understand(NOTHING);
  assert.deepEqual(none, { date: '', filters: { language: '', format: '', access: [], theater: '' } });
  assert.deepEqual(
    understand({ data: 'banana', idioma: 'klingon', formato: '5D', acesso: ['x'], cinema: '2147483648' }),
    none,
  );
  assert.deepEqual(
    understand({ data: '2026-11-22', idioma: 'dubbed', formato: '5D', acesso: 'libras', cinema: '12' }),
    { date: '2026-11-22', filters: { language: 'dubbed', format: '', access: ['libras'], theater: '12' } },
  );
});
