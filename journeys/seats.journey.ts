import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { buyer, visitor } from './api-person.ts';
import { accessibilityProblems, openBrowser, signInHere, sticksOut } from './browser.ts';
import { journeyHouse } from './house.ts';
import { aScreeningOnSale } from './programme.ts';

const house = await journeyHouse();
const anEmail = () => `pessoa-${randomUUID()}@poltrona.example`;
const screeningNo = async (skip: number) => (await aScreeningOnSale(visitor(house), skip)).screeningId;

test('a seat that somebody else takes changes on the page by itself, and leaves the choice with a word', async () => {
  const screeningId = await screeningNo(6);
  const { page, complaints } = await openBrowser(house);
  await page.goto(`/sessao/${screeningId}`);
  const seat = page.locator('[data-seat="10"]');
  await seat.click();
  await page.locator('[data-seat="10"][aria-selected="true"]').waitFor();
  const rival = await buyer(house);
  const held = await rival.send('POST', `/api/screenings/${screeningId}/holds`, {
    seats: [{ seatNo: 10, kind: 'full' }],
  });
  assert.equal(held.status, 201);
  await page
    .getByText(/acabou de ser reservada por outra pessoa/)
    .first()
    .waitFor();
  await page.locator('[data-seat="10"][aria-disabled="true"]').waitFor();
  assert.deepEqual(complaints, []);
});

test('seats that are lost while one signs in are told, and nothing is held without being asked for', async () => {
  const screeningId = await screeningNo(9);
  const { page, complaints } = await openBrowser(house);
  await page.goto(`/sessao/${screeningId}`);
  const free = page.locator('[data-seat]:not([aria-disabled="true"])');
  await free.first().waitFor();
  const [one, two] = await free.evaluateAll((seats) =>
    seats.slice(0, 2).map((seat) => seat.getAttribute('data-seat')!),
  );
  for (const no of [one, two]) await page.locator(`[data-seat="${no}"]`).click();
  await page
    .getByRole('button', { name: /^Continuar/ })
    .first()
    .click();
  await page.getByRole('dialog').waitFor();
  const rival = await buyer(house);
  const held = await rival.send('POST', `/api/screenings/${screeningId}/holds`, {
    seats: [one, two].map((no) => ({ seatNo: Number(no), kind: 'full' })),
  });
  assert.equal(held.status, 201);
  await signInHere(house, page, anEmail());
  await page.getByText(/Enquanto você entrava, as poltronas .+ foram reservadas/).waitFor();
  assert.match(page.url(), /\/sessao\//);
  assert.deepEqual(complaints, []);
});

test('the keyboard alone chooses seats and reaches the payment page', async () => {
  const { page, complaints } = await openBrowser(house);
  await page.goto(`/sessao/${await screeningNo(7)}`);
  await page.getByRole('grid').waitFor();
  await page.locator('[data-seat][tabindex="0"]').focus();
  const chosen = () => page.locator('[data-seat][aria-selected="true"]').count();
  // Arrows also pass taken seats, on which space says so and takes nothing: on to the next.
  for (let steps = 0; steps < 12 && (await chosen()) < 2; steps += 1) {
    await page.keyboard.press('Space');
    await page.evaluate('new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)))');
    await page.keyboard.press('ArrowRight');
  }
  assert.equal(await chosen(), 2);
  const onContinue = () => page.evaluate('document.activeElement.textContent.trim().startsWith("Continuar")');
  for (let steps = 0; steps < 40 && !(await onContinue()); steps += 1) await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await signInHere(house, page, anEmail());
  await page.waitForURL(/\/pagar$/);
  assert.deepEqual(complaints, []);
});

// How much wider the longest kind of ticket is than the place that the select has for it.
const TOO_WIDE = `(() => {
  const select = document.querySelector('.order-line select');
  const looks = getComputedStyle(select);
  const measure = document.createElement('canvas').getContext('2d');
  measure.font = looks.fontWeight + ' ' + looks.fontSize + ' ' + looks.fontFamily;
  const longest = Math.max(...[...select.options].map((one) => measure.measureText(one.text.trim()).width));
  return longest - (select.clientWidth - parseFloat(looks.paddingLeft) - parseFloat(looks.paddingRight));
})()`;

for (const phone of [false, true]) {
  test(`every kind of ticket can be read whole where it is chosen, ${phone ? 'on a phone' : 'on a desk'}`, async () => {
    for (const language of ['pt-BR', 'en-US'] as const) {
      const { page, complaints } = await openBrowser(house, { phone, language });
      if (phone) await page.setViewportSize({ width: 320, height: 568 });
      await page.goto(`/sessao/${await screeningNo(8)}`);
      await page.getByRole('button', { name: /^(Melhores lugares|Best seats)/ }).click();
      if (phone) await page.locator('.order-handle').click();
      await page.locator('.order-line select').first().waitFor();
      assert.ok(Number(await page.evaluate(TOO_WIDE)) <= 0, language);
      assert.deepEqual([complaints, await accessibilityProblems(page)], [[], []]);
    }
  });
}

test('on a phone nothing sticks out and seats can be chosen from a list', async () => {
  const { page, complaints } = await openBrowser(house, { phone: true });
  const screening = await aScreeningOnSale(visitor(house), 8);
  for (const path of ['/', `/filme/${screening.slug}`, `/sessao/${screening.screeningId}`, '/entrar']) {
    await page.goto(path);
    await page.getByRole('heading', { level: 1 }).first().waitFor();
    assert.ok((await sticksOut(page)) <= 0, path);
  }
  await page.goto(`/sessao/${screening.screeningId}`);
  await page.getByRole('button', { name: 'Lista' }).click();
  await page.locator('pt-seat-list').waitFor();
  assert.deepEqual([complaints, await accessibilityProblems(page)], [[], []]);
});
