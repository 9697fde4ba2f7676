import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buyer, visitor } from './api-person.ts';
import { accessibilityProblems, openBrowser } from './browser.ts';
import { journeyHouse } from './house.ts';
import { aScreeningOnSale } from './programme.ts';
import { beInBrowser, staff } from './staff.ts';

// Every page, dark and light, looked at by axe; and none of them complains in the browser's console.

const house = await journeyHouse();
const screening = await aScreeningOnSale(visitor(house), 9);
const people = {
  buyer: await buyer(house),
  manager: await staff(house, 'manager'),
  usher: await staff(house, 'usher'),
};

const PAGES: [who: keyof typeof people | null, paths: string[]][] = [
  [
    null,
    ['/', `/filme/${screening.slug}`, `/sessao/${screening.screeningId}`, '/entrar', '/nao-existe', '/equipe/entrar'],
  ],
  ['buyer', ['/meus-ingressos', '/conta', '/ajuda', '/acessibilidade']],
  [
    'manager',
    ['/admin', '/admin/programacao', `/admin/sessao/${screening.screeningId}`, '/admin/pedidos', '/admin/importar'],
  ],
  ['usher', ['/porta', `/porta/${screening.screeningId}`]],
];

for (const dark of [false, true]) {
  for (const [who, paths] of PAGES) {
    test(`axe finds nothing: ${who ?? 'visitor'}, ${dark ? 'dark' : 'light'}`, async () => {
      const { context, page, complaints } = await openBrowser(house, { dark });
      if (who) await beInBrowser(context, people[who], house);
      for (const path of paths) {
        await page.goto(path);
        await page.getByRole('heading', { level: 1 }).first().waitFor();
        await page.locator('.skeleton').first().waitFor({ state: 'detached' });
        assert.deepEqual(await accessibilityProblems(page), [], path);
      }
      assert.deepEqual(complaints, []);
    });
  }
}
