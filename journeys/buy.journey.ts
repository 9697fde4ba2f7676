import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { visitor } from './api-person.ts';
import { accessibilityProblems, holdSeats, openBrowser, paidHeading, sticksOut } from './browser.ts';
import { journeyHouse } from './house.ts';
import { mailTo } from './mail.ts';
import { aScreeningOnSale, paymentThatCan } from './programme.ts';

const house = await journeyHouse();
const anEmail = () => `pessoa-${randomUUID()}@poltrona.example`;
const screeningNo = async (skip: number) => (await aScreeningOnSale(visitor(house), skip)).screeningId;

test('with Pix: found by name, best seats, signed in on the way, paid, tickets on the page and by e-mail', async () => {
  const { page, complaints } = await openBrowser(house);
  const email = anEmail();
  await page.goto('/');
  await page.getByLabel('Buscar filme pelo nome').fill('nosferato');
  await page
    .getByRole('link', { name: /Nosferatu/ })
    .first()
    .click();
  await page.getByRole('heading', { name: /Nosferatu/, level: 1 }).waitFor();
  const orderId = await holdSeats(house, page, { screeningId: await screeningNo(3), count: 2, email });
  await page.getByText('Pix', { exact: true }).first().click();
  await page.getByRole('button', { name: 'Gerar código Pix' }).click();
  await page.getByText('Pix copia e cola').waitFor();
  const totalCents = await totalOf(page, orderId);
  const payment = await paymentThatCan(house, 'pay', totalCents);
  await fetch(`${house.sandboxUrl}/sandbox/pix/${payment.id}/pay`, { method: 'POST' });
  await paidHeading(page).waitFor();
  const mail = await mailTo(house, email);
  assert.ok(mail.subject.length > 0);
  assert.deepEqual([complaints, await accessibilityProblems(page)], [[], []]);
});

test('on the smallest phone the Pix code can be copied at once: in sight, with the focus, nothing scrolled', async () => {
  const { page, complaints } = await openBrowser(house, { phone: true });
  await page.setViewportSize({ width: 360, height: 640 });
  await holdSeats(house, page, { screeningId: await screeningNo(2), count: 2, email: anEmail() });
  await page.getByRole('button', { name: 'Gerar código Pix' }).press('Enter');
  const copy = page.getByRole('button', { name: 'Copiar código' });
  await copy.waitFor();
  const { y, height } = (await copy.boundingBox())!;
  assert.ok(y > 0 && y + height <= 640, `${y} + ${height}`);
  assert.equal(await page.evaluate('scrollY'), 0);
  assert.match(String(await page.evaluate('document.activeElement.textContent')), /Copiar código/);
  assert.deepEqual([complaints, await accessibilityProblems(page), await sticksOut(page)], [[], [], 0]);
});

test('with a card: refused first, then accepted', async () => {
  const { page, complaints } = await openBrowser(house);
  await holdSeats(house, page, { screeningId: await screeningNo(4), count: 2, email: anEmail() });
  await page.getByText('Cartão', { exact: true }).first().click();
  const pay = async (number: string) => {
    await page.getByLabel('Número do cartão').fill(number);
    await page.getByLabel('Validade (MM/AA)').fill('12/34');
    await page.getByLabel('CVC').fill('123');
    await page.getByRole('button', { name: /^Pagar/ }).click();
  };
  await pay('4000000000000002');
  const refusal = page.getByText(/recusado|não foi aprovado/i);
  await refusal.first().waitFor();
  // The button is free again when everything has been said; it is said once, and what is said is spoken.
  await page.getByRole('button', { name: /^Pagar/ }).waitFor();
  assert.equal(await refusal.count(), 1);
  assert.match(await page.getByRole('alert').innerText(), /recusado/i);
  await pay('4242424242424242');
  await paidHeading(page).waitFor();
  assert.deepEqual(complaints, []);
});

test('with PayPal', async () => {
  const { page, complaints } = await openBrowser(house);
  await holdSeats(house, page, { screeningId: await screeningNo(5), count: 2, email: anEmail() });
  await page.getByText('PayPal', { exact: true }).first().click();
  await page.locator('pt-paypal-buttons').getByRole('button').first().click();
  await page.getByRole('dialog').getByRole('button').first().click();
  await paidHeading(page).waitFor();
  assert.deepEqual(complaints, []);
});

async function totalOf(page: import('playwright-core').Page, orderId: string): Promise<number> {
  const answer = await page.request.get(`/api/orders/${orderId}`);
  return ((await answer.json()) as { totalCents: number }).totalCents;
}
