import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { type ApiPerson, buyer, expectOk, orderOf, until, visitor } from '../journeys/api-person.ts';
import { browser } from '../journeys/browser.ts';
import { type HouseFacts, startJourneyHouse } from '../journeys/house.ts';
import { aScreeningOnSale, paymentThatCan } from '../journeys/programme.ts';
import { beInBrowser, staff } from '../journeys/staff.ts';
import type { HeldOrder } from '#contracts/orders';

// npm run screenshots [-- FOLDER]: every page in three widths, dark and light, pt-BR and en, to be looked at.
// npm run screenshots -- --docs: only the pictures of the README, into docs/images.

const ROOT = join(import.meta.dirname, '..');
const WIDTHS = [360, 768, 1440] as const;
const SCHEMES = ['dark', 'light'] as const;
const LANGUAGES = ['pt-BR', 'en-US'] as const;

type Shot = { name: string; path: string; who?: keyof People; prepare?: (page: Page) => Promise<void> };
type People = { buyer: ApiPerson; manager: ApiPerson; usher: ApiPerson };

type Stage = { house: HouseFacts; people: People; shots: Shot[] };

/** A world worth looking at: a paid order, one waiting for payment, a screening with people in it. */
async function setTheStage(house: HouseFacts): Promise<Stage> {
  const people: People = {
    buyer: await buyer(house),
    manager: await staff(house, 'manager'),
    usher: await staff(house, 'usher'),
  };
  const first = await aScreeningOnSale(visitor(house), 2);
  const second = await aScreeningOnSale(visitor(house), 14);
  const paid = await hold(people.buyer, first.screeningId);
  await payWithPix(house, people.buyer, paid);
  const waiting = await hold(people.buyer, second.screeningId);
  const chooseBest = async (page: Page) => {
    await page.getByRole('button', { name: /Melhores lugares|Best seats/ }).click();
    await page.getByRole('button', { name: /^(Continuar|Continue)/ }).waitFor();
  };
  const showPix = async (page: Page) => {
    await page.getByRole('button', { name: /Gerar código Pix|Pix code/i }).click();
    await page.getByText(/copia e cola|copy.and.paste/i).waitFor();
  };
  const shots: Shot[] = [
    { name: 'home', path: '/' },
    { name: 'home-nothing-found', path: '/?q=xyzxyzxyz' },
    { name: 'movie', path: `/filme/${first.slug}` },
    { name: 'seats', path: `/sessao/${first.screeningId}` },
    { name: 'seats-chosen', path: `/sessao/${second.screeningId}`, prepare: chooseBest },
    { name: 'sign-in', path: '/entrar' },
    { name: 'not-found', path: '/nao-existe' },
    { name: 'pay', path: `/pedido/${waiting.orderId}/pagar`, who: 'buyer', prepare: showPix },
    { name: 'order', path: `/pedido/${paid.orderId}`, who: 'buyer' },
    { name: 'my-tickets', path: '/meus-ingressos', who: 'buyer' },
    { name: 'account', path: '/conta', who: 'buyer' },
    { name: 'staff-sign-in', path: '/equipe/entrar' },
    { name: 'board', path: '/admin', who: 'manager' },
    { name: 'programme', path: '/admin/programacao', who: 'manager' },
    { name: 'live-room', path: `/admin/sessao/${first.screeningId}`, who: 'manager' },
    { name: 'import', path: '/admin/importar', who: 'manager' },
    { name: 'orders', path: '/admin/pedidos', who: 'manager' },
    { name: 'door', path: '/porta', who: 'usher' },
    { name: 'gate', path: `/porta/${first.screeningId}`, who: 'usher' },
  ];
  return { house, people, shots };
}

async function hold(person: ApiPerson, screeningId: number): Promise<HeldOrder> {
  const best = await person.get<{ seatNos: number[] }>(`/api/screenings/${screeningId}/best-seats?count=2`);
  const seats = best.seatNos.map((seatNo, index) => ({ seatNo, kind: index === 0 ? 'full' : 'half_student' }));
  return expectOk(person.send<HeldOrder>('POST', `/api/screenings/${screeningId}/holds`, { seats }));
}

async function payWithPix(house: HouseFacts, person: ApiPerson, order: HeldOrder): Promise<void> {
  await expectOk(person.send('POST', `/api/orders/${order.orderId}/payments`, { method: 'pix' }));
  const payment = await paymentThatCan(house, 'pay', order.totalCents);
  await fetch(`${house.sandboxUrl}/sandbox/pix/${payment.id}/pay`, { method: 'POST' });
  await until(
    () => orderOf(person, order.orderId),
    ({ state }) => state === 'paid',
  );
}

type Look = { width: number; scheme: (typeof SCHEMES)[number]; language: (typeof LANGUAGES)[number] };

async function take(stage: Stage, shot: Shot, look: Look, file: string): Promise<void> {
  const context = await (await browser()).newContext({
    baseURL: stage.house.apiUrl,
    locale: look.language,
    timezoneId: 'America/Recife',
    colorScheme: look.scheme,
    viewport: { width: look.width, height: look.width === 360 ? 740 : 900 },
    reducedMotion: 'reduce',
    serviceWorkers: 'block',
  });
  try {
    if (shot.who) await beInBrowser(context, stage.people[shot.who], stage.house);
    const page = await context.newPage();
    await page.goto(shot.path);
    await page.getByRole('heading', { level: 1 }).first().waitFor();
    await page.locator('.skeleton').first().waitFor({ state: 'detached' });
    await shot.prepare?.(page);
    await page.waitForLoadState('networkidle', { timeout: 3_000 }).catch(() => {}); // Live streams never idle.
    await page.screenshot({ path: file, type: 'jpeg', quality: 82 });
    process.stdout.write(`${file}\n`);
  } catch (error) {
    process.stdout.write(`FAILED ${file}: ${(error as Error).message.split('\n')[0]}\n`);
    process.exitCode = 1;
  } finally {
    await context.close();
  }
}

const README_PICTURES: [shot: string, look: Look][] = [
  ['home', { width: 1440, scheme: 'dark', language: 'pt-BR' }],
  ['seats-chosen', { width: 360, scheme: 'dark', language: 'pt-BR' }],
  ['pay', { width: 360, scheme: 'light', language: 'pt-BR' }],
  ['order', { width: 360, scheme: 'dark', language: 'pt-BR' }],
  ['board', { width: 1440, scheme: 'light', language: 'pt-BR' }],
  ['gate', { width: 360, scheme: 'dark', language: 'pt-BR' }],
];

const wanted = process.argv[2];
const forDocs = wanted === '--docs';
const folder = forDocs ? join(ROOT, 'docs/images') : (wanted ?? join(ROOT, '.data/screenshots', randomUUID()));
await mkdir(folder, { recursive: true });
const running = await startJourneyHouse({ print: (text) => process.stdout.write(`${text}\n`) });
try {
  const stage = await setTheStage(running.facts);
  const looks = WIDTHS.flatMap((width) =>
    SCHEMES.flatMap((scheme) => LANGUAGES.map((language): Look => ({ width, scheme, language }))),
  );
  const planned: [Shot, Look, string][] = forDocs
    ? README_PICTURES.map(([name, look]) => [stage.shots.find((shot) => shot.name === name)!, look, `${name}.jpg`])
    : stage.shots.flatMap((shot) =>
        looks.map((look): [Shot, Look, string] => [
          shot,
          look,
          `${shot.name}-${look.width}-${look.scheme}-${look.language}.jpg`,
        ]),
      );
  for (const [shot, look, name] of planned) await take(stage, shot, look, join(folder, name));
} finally {
  await (await browser()).close();
  await running.stop();
}
