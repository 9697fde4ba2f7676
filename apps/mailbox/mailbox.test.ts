import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import pino from 'pino';
import { smtpTransport } from '#capabilities/notifications';
import type { Mail, MailSummary } from './mail-store.ts';
import { startMailbox } from './mailbox.ts';

const folder = await mkdtemp(join(tmpdir(), 'poltrona-mailbox-'));
after(() => rm(folder, { recursive: true, force: true }));
const start = () => startMailbox({ log: pino({ level: 'silent' }), smtpPort: 0, pagePort: 0, folder });

const send = async (port: number, to: string, subject: string) => {
  const transport = smtpTransport(`smtp://127.0.0.1:${port}`);
  await transport.sendMail({
    from: 'Poltrona <ingressos@poltrona.example>',
    to,
    subject,
    text: 'Olá, Ana',
    html: '<p>Olá <img src="cid:qr@poltrona"></p><script>alert(1)</script>',
    attachments: [
      { filename: 'qr.png', content: Buffer.from('png'), contentType: 'image/png', cid: 'qr@poltrona' },
      { filename: 'ingressos.pdf', content: Buffer.from('%PDF-1.7'), contentType: 'application/pdf' },
    ],
  });
  transport.close();
};
const get = (port: number, path: string) => fetch(`http://127.0.0.1:${port}${path}`);
const list = async (port: number, to = '') => {
  const answer = (await (await get(port, `/api/mails?to=${encodeURIComponent(to)}`)).json()) as {
    mails: MailSummary[];
  };
  return answer.mails;
};

test('a mail that is sent is listed newest first, found by recipient, read with pictures and attachments, and kept', async () => {
  let mailbox = await start();
  await send(mailbox.smtpPort, 'ana@poltrona.example', 'Seus ingressos');
  await send(mailbox.smtpPort, 'bia@poltrona.example', 'Seu código');
  assert.deepEqual(
    (await list(mailbox.pagePort)).map((mail) => mail.subject),
    ['Seu código', 'Seus ingressos'],
  );
  await mailbox.close();
  mailbox = await start(); // What was there is still there.
  const [found, ...others] = await list(mailbox.pagePort, 'ANA@');
  assert.equal(others.length, 0);
  const mail = (await (await get(mailbox.pagePort, `/api/mails/${found!.id}`)).json()) as Mail;
  assert.equal(mail.text.trim(), 'Olá, Ana');
  assert.match(mail.html!, /data:image\/png;base64/);
  const pdf = await get(mailbox.pagePort, `/api/mails/${mail.id}/attachments/1`);
  assert.equal(await pdf.text(), '%PDF-1.7');
  assert.match(pdf.headers.get('content-disposition')!, /^attachment;.*ingressos\.pdf/);
  const html = await get(mailbox.pagePort, `/api/mails/${mail.id}/html`);
  assert.match(html.headers.get('content-security-policy')!, /^sandbox(?!.*allow-scripts)(?!.*allow-same-origin)/);
  await mailbox.close();
});

test('only this machine’s own names are answered: a page elsewhere cannot read the mail through its own name', async () => {
  const mailbox = await start();
  const status = await new Promise<number>((resolve, reject) => {
    httpRequest(
      { port: mailbox.pagePort, host: '127.0.0.1', path: '/api/mails', headers: { host: 'evil.example' } },
      (answer) => resolve(answer.statusCode!),
    )
      .on('error', reject)
      .end();
  });
  assert.equal(status, 403);
  assert.equal((await get(mailbox.pagePort, '/')).status, 200);
  assert.equal((await get(mailbox.pagePort, '/api/mails/00000000-0000-4000-8000-000000000000')).status, 404);
  assert.equal((await get(mailbox.pagePort, '/api/mails/../../etc/passwd')).status, 404);
  await mailbox.close();
});

test('a broken file in the folder is passed over, and clearing leaves no mail behind', async () => {
  const { writeFile } = await import('node:fs/promises');
  await writeFile(join(folder, '00000000-0000-7000-8000-000000000000.mail'), 'not a mail');
  const mailbox = await start();
  assert.ok((await list(mailbox.pagePort)).length >= 2);
  await fetch(`http://127.0.0.1:${mailbox.pagePort}/api/mails`, { method: 'DELETE' });
  assert.deepEqual(await list(mailbox.pagePort), []);
  await mailbox.close();
  assert.deepEqual(
    (await readdir(folder)).filter((name) => !name.startsWith('00000000')),
    [],
  );
});
