import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { HeldOrder } from '#contracts/orders';
import type { PaymentAttempt } from '#contracts/payments';
import type { TicketView } from '#contracts/tickets';
import { type ApiPerson, buyer, expectOk, orderOf, until } from './api-person.ts';
import { accessibilityProblems, openBrowser } from './browser.ts';
import { journeyHouse } from './house.ts';
import { paymentThatCan } from './programme.ts';
import { beInBrowser, staff } from './staff.ts';

const house = await journeyHouse();
const ROOT = join(import.meta.dirname, '..');
const code = `JORNADA-${randomInt(1_000_000)}`;

async function importByCommand(kind: string, name: string, text: string) {
  const file = join(house.dataFolder, name);
  await writeFile(file, text);
  const done = spawnSync(process.execPath, ['apps/cli/import.ts', kind, file, '--json'], {
    cwd: ROOT,
    encoding: 'utf8',
    env: { ...process.env, DATABASE_URL: house.databaseUrl, DATA_DIR: house.dataFolder },
  });
  return { exit: done.status, last: JSON.parse(done.stdout.trim().split('\n').at(-1)!) as Record<string, number> };
}

/** Twenty minutes from now, as the clock in Recife shows it: the doors are open. */
function soon(): { day: string; time: string } {
  const text = new Date(Date.now() + 20 * 60_000).toLocaleString('sv-SE', { timeZone: 'America/Recife' });
  return { day: text.slice(0, 10), time: text.slice(11, 16) };
}

test('an administrator imports a programme, it is sold, and the door admits each ticket once', async () => {
  const theaters =
    'codigo_cinema;cinema;cidade;uf;codigo_sala;sala;assentos\n' +
    `${code};Cine Jornada;Recife;PE;${code}-1;Sala 1;40\n`;
  const first = await importByCommand('theaters', 'theaters.csv', theaters);
  assert.deepEqual([first.exit, first.last['errors']], [0, 0]);
  const again = await importByCommand('theaters', 'theaters.csv', theaters);
  assert.deepEqual([again.last['created'], again.last['updated']], [0, 0]);

  const { context, page, complaints } = await openBrowser(house);
  await beInBrowser(context, await staff(house, 'administrator'), house);
  const { day, time } = soon();
  const file = join(house.dataFolder, 'screenings.csv');
  await writeFile(file, `codigo_sala;filme;data;hora;preco\n${code}-1;limite;${day};${time};30,00\n`);
  await page.goto('/admin/importar');
  await page.getByText('Sessões', { exact: true }).last().click();
  await page.locator('input[type=file]').setInputFiles(file);
  await page.getByRole('button', { name: 'Está certo: ver o plano' }).click();
  await page.getByRole('button', { name: 'Gravar', exact: true }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Gravar' }).click();
  await page.getByText('Tudo gravado').waitFor();
  assert.deepEqual([complaints, await accessibilityProblems(page)], [[], []]);

  const ana = await buyer(house);
  const screeningId = await screeningIn(ana);
  const tickets = await buyTwo(ana, screeningId);
  await admitTwice(screeningId, tickets);
});

async function screeningIn(person: ApiPerson): Promise<number> {
  type Movie = { theaters: { name: string; screenings: { screeningId: number }[] }[] };
  const movie = await until(
    () => person.get<Movie>('/api/movies/limite?city=Recife,%20PE'),
    ({ theaters }) => theaters.some(({ name }) => name === 'Cine Jornada'),
  );
  return movie.theaters.find(({ name }) => name === 'Cine Jornada')!.screenings.at(-1)!.screeningId;
}

async function buyTwo(person: ApiPerson, screeningId: number): Promise<TicketView[]> {
  const held = await expectOk(
    person.send<HeldOrder>('POST', `/api/screenings/${screeningId}/holds`, {
      seats: [
        { seatNo: 1, kind: 'full' },
        { seatNo: 2, kind: 'half_student' },
      ],
    }),
  );
  await expectOk(person.send<PaymentAttempt>('POST', `/api/orders/${held.orderId}/payments`, { method: 'pix' }));
  const payment = await paymentThatCan(house, 'pay', held.totalCents);
  await fetch(`${house.sandboxUrl}/sandbox/pix/${payment.id}/pay`, { method: 'POST' });
  await until(
    () => orderOf(person, held.orderId),
    (order) => order.state === 'paid',
  );
  return person.get<TicketView[]>(`/api/orders/${held.orderId}/tickets`);
}

async function admitTwice(screeningId: number, tickets: TicketView[]): Promise<void> {
  const { context, page, complaints } = await openBrowser(house, { phone: true });
  await beInBrowser(context, await staff(house, 'usher'), house);
  await page.goto(`/porta/${screeningId}`);
  const full = tickets.find(({ kind }) => kind === 'full')!;
  const half = tickets.find(({ kind }) => kind === 'half_student')!;
  const scan = async (code: string, verdict: RegExp) => {
    await page.getByLabel('Código do ingresso').fill(code);
    await page.getByRole('button', { name: 'Conferir' }).click();
    await page.getByText(verdict).first().waitFor();
    assert.deepEqual(await accessibilityProblems(page), []);
    // A green verdict goes by itself, the others wait for the usher; Escape is right for both.
    await page.keyboard.press('Escape');
    await page.locator('.verdict').waitFor({ state: 'detached' });
  };
  await scan(full.code, /Entrada liberada/);
  await scan(full.code, /Já utilizado/);
  await scan(half.code, /Conferir meia-entrada/);
  await scan('ZZZZZ-ZZZZZ', /Código não encontrado|não reconhecido/);
  assert.deepEqual(complaints, []);
}
