import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { AxeBuilder } from '@axe-core/playwright';
import sparticuz from '@sparticuz/chromium';
import { chromium, type Page } from 'playwright-core';
import Stripe from 'stripe';
import { createOrder, findOrder } from './paypal/paypal-orders.ts';
import { startSandbox } from './sandbox.ts';

// The browser halves in a real Chromium: what a buyer sees, presses and hears.

const sandbox = await startSandbox({
  port: 0,
  host: '127.0.0.1',
  dataDir: null,
  publicUrl: null,
  stripeSecretKey: 'sk_test_browser',
  stripePublishableKey: 'pk_test_browser',
  stripeWebhookSecret: 'whsec_browser',
  stripeWebhookUrl: null,
  paypalClientId: 'client',
  paypalClientSecret: 'secret',
  paypalWebhookId: 'WH-BROWSER',
  paypalWebhookUrl: null,
  now: () => new Date(),
});
const browser = await chromium.launch({ executablePath: await sparticuz.executablePath(), args: sparticuz.args });
after(async () => {
  await browser.close();
  await sandbox.close();
});

const { hostname: host, port } = new URL(sandbox.url);
const stripe = new Stripe('sk_test_browser', { host, port, protocol: 'http', telemetry: false });

// As strict as the product's own policy: only the sandbox beside the page itself.
const CSP = `default-src 'none'; script-src ${sandbox.url} 'nonce-x'; connect-src ${sandbox.url}; style-src 'self'`;

/** A shop's page with one of the two scripts, and `run` as its own code; what it ends with is in window.said. */
async function aShop(script: string, run: string, colours = 'bgcolor="#ffffff" text="#000000"'): Promise<Page> {
  const page = await (await browser.newContext({ locale: 'pt-BR' })).newPage();
  const body = `<!doctype html><html lang="pt-BR"><head><title>Loja</title></head><body ${colours}><main><h1>Pagar</h1>
    <div id="place"></div><button id="pay">Comprar</button></main>
    <script nonce="x" src="${sandbox.url}${script}"></script><script nonce="x">${run}</script></body></html>`;
  const headers = { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': CSP };
  await page.route('http://shop.example/', (route) => route.fulfill({ body, headers }));
  await page.goto('http://shop.example/');
  return page;
}

async function aCardPage(theme = 'stripe') {
  const intent = await stripe.paymentIntents.create({
    amount: 5000,
    currency: 'brl',
    allowed_payment_method_types: ['card'],
  });
  const page = await aShop(
    '/stripe.js',
    `const stripe = Stripe('pk_test_browser');
     const options = { clientSecret: '${intent.client_secret}', locale: 'pt-BR', appearance: { theme: '${theme}' } };
     const elements = stripe.elements(options);
     elements.create('payment').mount('#place');
     document.getElementById('pay').onclick = async () => {
       const answer = await stripe.confirmPayment({ elements, confirmParams: {}, redirect: 'if_required' });
       window.said = answer.error ? answer.error.code + ': ' + answer.error.message : answer.paymentIntent.status;
     };`,
    theme === 'night' ? 'bgcolor="#141111" text="#ffffff"' : undefined,
  );
  const fill = async (number: string) => {
    await page.getByLabel('Número do cartão').fill(number);
    await page.getByLabel('Validade (MM/AA)').fill('1234');
    await page.getByLabel('CVC').fill('123');
    await page.getByRole('button', { name: 'Comprar' }).click();
  };
  return { page, fill, status: async () => (await stripe.paymentIntents.retrieve(intent.id)).status };
}

const said = async (page: Page) =>
  (await page.waitForFunction(() => (globalThis as { said?: string }).said, null, { timeout: 10_000 })).evaluate(
    (text) => String(text),
  );

async function hasNoViolations(page: Page) {
  const { violations } = await new AxeBuilder({ page }).analyze();
  assert.deepEqual(
    violations.map((violation) => violation.id),
    [],
  );
}

test('a card is typed with labels, formatted, and pays; axe finds nothing in light or dark', async () => {
  for (const theme of ['stripe', 'night']) {
    const { page, fill, status } = await aCardPage(theme);
    await hasNoViolations(page);
    await fill('4242424242424242');
    assert.equal(await page.getByLabel('Número do cartão').inputValue(), '4242 4242 4242 4242');
    assert.equal(await page.getByLabel('Validade (MM/AA)').inputValue(), '12/34');
    assert.equal(await said(page), 'succeeded');
    assert.equal(await status(), 'succeeded');
  }
});

test('an unfinished form asks nothing of anybody and says which field is wrong', async () => {
  const { page, status } = await aCardPage();
  await page.getByRole('button', { name: 'Comprar' }).click();
  assert.match(await said(page), /^incomplete_number/);
  assert.equal(await page.getByLabel('Número do cartão').getAttribute('aria-invalid'), 'true');
  assert.match(await page.getByRole('alert').innerText(), /incompleto/);
  assert.equal(await status(), 'requires_payment_method');
});

test('a number whose check digit is wrong asks nothing of anybody either', async () => {
  const { page, fill, status } = await aCardPage();
  await fill('4242424242424241');
  assert.match(await said(page), /^invalid_number/);
  assert.match(await page.getByRole('alert').innerText(), /não é válido/);
  assert.equal(await status(), 'requires_payment_method');
});

test('as in Stripe, the form shows a plain decline by itself and leaves a refusal of the bank to the page', async () => {
  const plain = await aCardPage();
  await plain.fill('4000000000000002');
  assert.match(await said(plain.page), /^card_declined/);
  assert.match(await plain.page.getByRole('alert').innerText(), /recusado/);
  const asked = await aCardPage();
  await asked.fill('4000002500003155');
  await asked.page.getByRole('dialog').getByRole('button', { name: 'Não fui eu' }).click();
  assert.match(await said(asked.page), /^payment_intent_authentication_failure: O banco não confirmou/);
  assert.equal(await asked.page.getByRole('alert').innerText(), '');
});

test('a declined card is said in the language of the page and takes another number', async () => {
  const { page, fill, status } = await aCardPage();
  await fill('4000000000009995');
  assert.match(await said(page), /^card_declined: O cartão não tem saldo suficiente/);
  await page.evaluate('delete window.said');
  await fill('4242424242424242');
  assert.equal(await said(page), 'succeeded');
  assert.equal(await status(), 'succeeded');
});

test('a card that needs the bank pays after yes, not after no nor after Escape', async () => {
  for (const [press, expected] of [
    ['Autorizar', 'succeeded'],
    ['Não fui eu', 'requires_payment_method'],
    ['Escape', 'requires_payment_method'],
  ] as const) {
    const { page, fill, status } = await aCardPage();
    await fill('4000002500003155');
    const dialog = page.getByRole('dialog', { name: 'Banco de teste' });
    await dialog.waitFor();
    if (press === 'Escape') await page.keyboard.press('Escape');
    else await dialog.getByRole('button', { name: press }).click();
    await said(page);
    assert.equal(await status(), expected, press);
  }
});

async function aPaypalPage() {
  const unit = { amount: { currency_code: 'BRL', value: '70.40' } };
  const order = createOrder(sandbox.paypal, { intent: 'CAPTURE', purchase_units: [unit] });
  const page = await aShop(
    '/paypal/sdk/js?client-id=client&currency=BRL&locale=pt_BR',
    `window.events = [];
     paypal.Buttons({
       createOrder: async () => '${order.id}',
       onApprove: async (data) => { window.said = 'approved ' + data.orderID; },
       onCancel: (data) => { window.said = 'cancelled ' + data.orderID; },
       onError: (error) => { window.said = 'error ' + error.message; },
     }).render('#place');`,
  );
  return { page, orderId: order.id, status: () => findOrder(sandbox.paypal, order.id).status };
}

test('the PayPal button opens a window with the amount; approving moves no money, cancelling does nothing', async () => {
  const { page, orderId, status } = await aPaypalPage();
  await page.getByRole('button', { name: 'Pagar com PayPal' }).click();
  const dialog = page.getByRole('dialog', { name: 'PayPal (simulação)' });
  await dialog.waitFor();
  assert.match((await dialog.innerText()).replaceAll('\u00a0', ' '), /R\$ 70,40/);
  await hasNoViolations(page);
  await dialog.getByRole('button', { name: 'Cancelar e voltar' }).click();
  assert.equal(await said(page), `cancelled ${orderId}`);
  assert.equal(status(), 'CREATED');
  await page.evaluate('delete window.said');
  await page.getByRole('button', { name: 'Pagar com PayPal' }).click();
  await dialog.getByRole('button', { name: 'Pagar agora' }).click();
  assert.equal(await said(page), `approved ${orderId}`);
  assert.equal(status(), 'APPROVED');
});

test("the sandbox's own page lists payments, pays a Pix by a button, and is accessible", async () => {
  const intent = await stripe.paymentIntents.create({
    amount: 7040,
    currency: 'brl',
    allowed_payment_method_types: ['pix'],
    payment_method_data: { type: 'pix' },
    confirm: true,
  });
  const page = await (await browser.newContext()).newPage();
  await page.goto(sandbox.url);
  await page.getByRole('button', { name: `Pagar o Pix ${intent.id}` }).click();
  await page.getByRole('button', { name: `Devolver ${intent.id}` }).waitFor();
  assert.equal((await stripe.paymentIntents.retrieve(intent.id)).status, 'succeeded');
  await hasNoViolations(page);
});

test('on a phone nothing of the sandbox sticks out, and what can be pressed is in sight', async () => {
  const small = { width: 320, height: 640 };
  const { page: shop } = await aPaypalPage();
  await shop.setViewportSize(small);
  await shop.getByRole('button', { name: 'Pagar com PayPal' }).click();
  const card = await aCardPage();
  await card.page.setViewportSize(small);
  await card.fill('4000002500003155');
  const page = await (await browser.newContext({ viewport: small })).newPage();
  await page.goto(sandbox.url);
  for (const [where, pressed] of [
    [shop, shop.getByRole('dialog')],
    [card.page, card.page.getByRole('dialog')],
    [page, page.getByRole('button', { name: /^Reenviar/ }).first()],
  ] as const) {
    await pressed.waitFor();
    const box = (await pressed.boundingBox())!;
    assert.ok(box.x >= 0 && box.x + box.width <= small.width, JSON.stringify(box));
    assert.ok(Number(await where.evaluate('document.documentElement.scrollWidth')) <= small.width);
  }
  await hasNoViolations(page);
});
