import { existsSync } from 'node:fs';
import { after } from 'node:test';
import { AxeBuilder } from '@axe-core/playwright';
import { type Browser, chromium, type BrowserContext, type Page } from 'playwright-core';
import type { HouseFacts } from './house.ts';
import { aCpf, until } from './api-person.ts';
import { mailTo } from './mail.ts';

const DEBIAN = '/usr/bin/chromium';
const ARGUMENTS = ['--no-sandbox', '--disable-quic', '--disable-background-networking', '--disable-gpu'];

/** Debian's Chromium where there is one, else the one that comes in an npm package with the libraries it needs. */
async function executable(): Promise<string> {
  if (existsSync(DEBIAN)) return DEBIAN;
  // Read when the package is loaded: with it the package also unpacks the libraries that a bare image lacks.
  process.env['AWS_LAMBDA_JS_RUNTIME'] = 'nodejs22.x';
  const { default: packaged } = await import('@sparticuz/chromium');
  return packaged.executablePath();
}

let running: Promise<Browser> | undefined;
after(async () => (await running)?.close());

/** One browser for a journey file, closed after it. */
export function browser(): Promise<Browser> {
  running ??= executable().then((executablePath) => chromium.launch({ executablePath, args: ARGUMENTS }));
  return running;
}

export type Look = { phone?: boolean; dark?: boolean; language?: 'pt-BR' | 'en-US'; stillness?: boolean };

/** A person's browser: fresh, in Portuguese, on a desk unless told. What the page complains about fails the journey. */
export async function openBrowser(
  house: HouseFacts,
  look: Look = {},
): Promise<{ context: BrowserContext; page: Page; complaints: string[] }> {
  const context = await (await browser()).newContext({
    baseURL: house.apiUrl,
    locale: look.language ?? 'pt-BR',
    timezoneId: 'America/Recife',
    viewport: look.phone ? { width: 360, height: 740 } : { width: 1280, height: 800 },
    hasTouch: look.phone ?? false,
    colorScheme: look.dark ? 'dark' : 'light',
    reducedMotion: 'reduce',
    serviceWorkers: 'block',
  });
  context.setDefaultTimeout(20_000);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    // An answer of 4xx is told by the page itself; the browser's own line about it is no fault.
    if (message.type() === 'error' && !/Failed to load resource/.test(message.text())) complaints.push(message.text());
  });
  after(() => context.close());
  return { context, page, complaints };
}

/** Signs in through the form that is on the page: e-mail, the code from the mail catcher, name and CPF. */
export async function signInHere(house: HouseFacts, page: Page, email: string): Promise<void> {
  await page.getByLabel('E-mail').fill(email);
  await page.getByRole('button', { name: 'Receber código' }).click();
  const mail = await mailTo(house, email);
  const code = /\b(\d{3})\s?(\d{3})\b/.exec(mail.text)!;
  await page.getByLabel('Código de 6 números').fill(`${code[1]}${code[2]}`);
  // Six digits send themselves.
  await page.getByLabel('Nome', { exact: true }).fill('João Grilo');
  await page.getByLabel('CPF').fill(aCpf());
  await page.getByRole('button', { name: 'Continuar' }).last().click();
}

/** Opens a screening, takes the best seats, signs in on the way, and stands before the payment page. */
export async function holdSeats(
  house: HouseFacts,
  page: Page,
  request: { screeningId: number; count: number; email: string },
): Promise<string> {
  await page.goto(`/sessao/${request.screeningId}`);
  await page.getByRole('grid').waitFor();
  for (let more = 1; more < request.count; more += 1) {
    const stepper = page.getByRole('button', { name: /mais/i });
    if ((await seatsAsked(page)) < request.count) await stepper.last().click();
  }
  await page.getByRole('button', { name: 'Melhores lugares' }).click();
  await page.getByRole('button', { name: /^Continuar/ }).click();
  await signInHere(house, page, request.email);
  await page.waitForURL(/\/pedido\/[0-9a-f-]{36}\/pagar/);
  return /pedido\/([0-9a-f-]{36})/.exec(page.url())![1]!;
}

async function seatsAsked(page: Page): Promise<number> {
  return Number(await page.locator('pt-stepper output, pt-stepper [aria-live], pt-stepper span').first().innerText());
}

/** No violation of WCAG 2.2 A and AA that a program can find. Answers what it found, in words. */
export async function accessibilityProblems(page: Page): Promise<string[]> {
  const found = await new AxeBuilder({ page })
    .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'])
    .analyze();
  return found.violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target.join(' ')}`));
}

/** Nothing sticks out of a narrow screen. */
export async function sticksOut(page: Page): Promise<number> {
  return page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
}

export const paidHeading = (page: Page) => page.getByRole('heading', { name: /^Pago!/ });

export { until };
