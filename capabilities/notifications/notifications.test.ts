import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AddressObject, type ParsedMail, simpleParser } from 'mailparser';
import pino from 'pino';
import { SMTPServer } from 'smtp-server';
import { newId } from '#platform/ids';
import type { Database } from '#platform/postgres';
import { aScreening } from '#testing/builders';
import { testDatabase } from '#testing/database';
import { aCpf, anEmail, signedInBuyer, testAccounts, testKeys } from '#testing/people';
import { soldTickets, testKeys as ticketKeys } from '#testing/sold-tickets';
import { createNotifications, queueEmail, smtpTransport } from './index.ts';

const db = await testDatabase();
const accounts = testAccounts(db);
const mailer = (on: Database = db) =>
  createNotifications({
    db: on,
    log: pino({ level: 'silent' }),
    publicUrl: 'http://localhost:3000/',
    from: 'Poltrona <ingressos@poltrona.example>',
    ticketKeys,
    openSecret: (sealed, context) => testKeys().mailSealer.open(sealed, context),
  });
const notifications = await mailer();

/** A mail server of the test's own; `answer` may refuse a mail with an SMTP code. */
async function aMailServer(answer: (attempt: number) => number | null = () => null) {
  const raw: Buffer[] = [];
  let attempts = 0;
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onData(stream, _session, done) {
      attempts += 1;
      const code = answer(attempts);
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        if (code) return done(Object.assign(new Error('refused'), { responseCode: code }));
        raw.push(Buffer.concat(chunks));
        return done();
      });
    },
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.server.address() as { port: number };
  const transport = smtpTransport(`smtp://127.0.0.1:${port}`);
  return {
    mails: () => Promise.all(raw.map((mail) => simpleParser(mail))) as Promise<ParsedMail[]>,
    transport,
    close: async () => {
      transport.close();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

async function aBuyerWithTickets() {
  const buyer = await signedInBuyer(db, accounts);
  await db.transaction((tx) =>
    accounts.bindCpf(tx, { accountId: buyer.accountId, cpf: aCpf(), name: 'Ana <b>Souza</b>' }),
  );
  const screening = await aScreening(db);
  const lines = [{ seatNo: 3 }, { seatNo: 4, kind: 'half_student' as const }];
  const order = await soldTickets(db, screening, lines, buyer.accountId);
  await db.rows(`delete from notifications.emails`);
  return { ...buyer, ...order };
}

const fact = (topic: string, order: { screeningId: number; orderId: string }, extra: object = {}) => ({
  messageId: newId(),
  topic,
  payload: { screeningId: order.screeningId, orderId: order.orderId, ...extra },
  correlationId: newId(),
  occurredAt: new Date(),
});
const states = () =>
  db.rows<{ template: string; state: string; attempts: number; last_error: string | null; data: object }>(
    'select template, state, attempts, last_error, data from notifications.emails order by created_at',
  );
const due = () => db.rows(`update notifications.emails set next_attempt_at = now() where state <> 'sent'`);

test('a paid order brings one mail: a QR picture per ticket, the PDF, what to bring, both forms, in the buyer’s language', async () => {
  const smtp = await aMailServer();
  const ana = await aBuyerWithTickets();
  const paid = fact('order_paid', ana);
  await notifications.handlers['order_paid']!(paid);
  await notifications.handlers['order_paid']!(paid);
  await notifications.handlers['order_paid']!(fact('order_paid', ana));
  assert.deepEqual(await notifications.deliverEmails(smtp.transport), { sent: 1, retried: 0, failed: 0 });
  assert.deepEqual(await notifications.deliverEmails(smtp.transport), { sent: 0, retried: 0, failed: 0 });
  const [mail] = await smtp.mails();
  assert.equal((mail!.to as AddressObject).value[0]!.address, ana.email);
  assert.match(mail!.subject!, /^Seus ingressos: Limite/);
  const types = mail!.attachments.map((attachment) => attachment.contentType);
  assert.deepEqual(types, ['image/png', 'image/png', 'application/pdf']);
  assert.equal(mail!.attachments[2]!.content.subarray(0, 5).toString(), '%PDF-');
  for (const ticket of ana.tickets) {
    assert.ok(mail!.text!.includes(ticket.code) && String(mail!.html).includes(ticket.code), ticket.code);
  }
  assert.match(mail!.text!, /Carteira de Identificação Estudantil/);
  assert.match(mail!.text!, new RegExp(`http://localhost:3000/pedido/${ana.orderId}`));
  // A name is text, never markup.
  assert.equal(String(mail!.html).includes('<b>Souza'), false);
  await smtp.close();
});

test('two workers at once send each mail once', async () => {
  const smtp = await aMailServer();
  await db.rows('delete from notifications.emails');
  const twin = await mailer();
  for (let index = 0; index < 30; index += 1) {
    await db.transaction((tx) => accounts.requestCode(tx, { email: anEmail(), locale: 'en', correlationId: newId() }));
  }
  const rounds = await Promise.all([
    notifications.deliverEmails(smtp.transport, 20),
    twin.deliverEmails(smtp.transport, 20),
    notifications.deliverEmails(smtp.transport, 20),
  ]);
  assert.equal(
    rounds.reduce((sum, round) => sum + round.sent, 0),
    30,
  );
  const mails = await smtp.mails();
  assert.equal(mails.length, 30);
  assert.equal(new Set(mails.map((mail) => mail.messageId)).size, 30);
  await smtp.close();
});

test('a mail server that is busy is asked again later; one that refuses for ever is given up at once, with its code', async () => {
  await db.rows('delete from notifications.emails');
  const busy = await aMailServer((attempt) => (attempt === 1 ? 451 : null));
  const ask = () =>
    db.transaction((tx) => accounts.requestCode(tx, { email: anEmail(), locale: 'pt-BR', correlationId: newId() }));
  await ask();
  assert.deepEqual(await notifications.deliverEmails(busy.transport), { sent: 0, retried: 1, failed: 0 });
  assert.deepEqual(await notifications.deliverEmails(busy.transport), { sent: 0, retried: 0, failed: 0 }); // Not due.
  await due();
  assert.deepEqual(await notifications.deliverEmails(busy.transport), { sent: 1, retried: 0, failed: 0 });
  await busy.close();
  const refusing = await aMailServer(() => 550);
  await ask();
  assert.deepEqual(await notifications.deliverEmails(refusing.transport), { sent: 0, retried: 0, failed: 1 });
  const failed = (await states()).find((row) => row.state === 'failed')!;
  assert.match(failed.last_error!, /550/);
  assert.deepEqual(failed.data, {});
  await refusing.close();
});

test('no mail server at all: the mail waits, each time longer, and is given up after eight tries', async () => {
  await db.rows('delete from notifications.emails');
  await db.transaction((tx) => accounts.requestCode(tx, { email: anEmail(), locale: 'pt-BR', correlationId: newId() }));
  const nowhere = smtpTransport('smtp://127.0.0.1:1');
  for (let attempt = 1; attempt <= 8; attempt += 1) {
    const outcome = await notifications.deliverEmails(nowhere);
    assert.equal(attempt < 8 ? outcome.retried : outcome.failed, 1, `attempt ${attempt}`);
    await due();
  }
  assert.deepEqual(await notifications.deliverEmails(nowhere), { sent: 0, retried: 0, failed: 0 });
  nowhere.close();
});

test('a worker that died while sending: the claim runs out, another sends, under the same Message-ID', async () => {
  await db.rows('delete from notifications.emails');
  const smtp = await aMailServer();
  await db.transaction((tx) => accounts.requestCode(tx, { email: anEmail(), locale: 'pt-BR', correlationId: newId() }));
  const died = await new Promise<string>((sending) => {
    const dying = {
      sendMail: ({ messageId }: { messageId: string }) => {
        sending(messageId);
        return new Promise(() => {});
      },
    };
    void notifications.deliverEmails(dying as never);
  });
  assert.deepEqual(await notifications.deliverEmails(smtp.transport), { sent: 0, retried: 0, failed: 0 });
  await due();
  assert.deepEqual(await notifications.deliverEmails(smtp.transport), { sent: 1, retried: 0, failed: 0 });
  assert.equal((await smtp.mails())[0]!.messageId, died);
  await smtp.close();
});

test('what is no longer true does not leave: refunded before the confirmation went, paid before the failure went', async () => {
  const smtp = await aMailServer();
  const ana = await aBuyerWithTickets();
  await notifications.handlers['payment_failed']!(fact('payment_failed', ana)); // The order is paid by now.
  await notifications.handlers['order_paid']!(fact('order_paid', ana));
  await db.rows(`update orders.orders set state = 'refunded' where order_id = $1`, [ana.orderId]);
  assert.deepEqual(await notifications.deliverEmails(smtp.transport), { sent: 0, retried: 0, failed: 2 });
  assert.deepEqual(
    (await states()).map((row) => row.last_error),
    ['no_longer_true', 'no_longer_true'],
  );
  await notifications.handlers['order_refunded']!(fact('order_refunded', ana, { reason: 'texto do gerente' }));
  const late = { attemptId: newId(), amountCents: 5280, reason: 'seats_gone' };
  await notifications.handlers['payment_refunded_automatically']!(fact('payment_refunded_automatically', ana, late));
  await notifications.handlers['order_cancelled']!(fact('order_cancelled', ana)); // By the buyer: no mail.
  assert.equal((await notifications.deliverEmails(smtp.transport)).sent, 2);
  const texts = (await smtp.mails()).map((mail) => mail.text).join('\n');
  assert.match(texts, /O pagamento chegou depois do fim da reserva/);
  assert.match(texts, /52,80/);
  assert.doesNotMatch(texts, /texto do gerente/);
  await smtp.close();
});

test('somebody who was erased is not written to, and a rolled back cause sends nothing', async () => {
  const smtp = await aMailServer();
  const ana = await aBuyerWithTickets();
  await notifications.handlers['order_paid']!(fact('order_paid', ana));
  await db.rows(`update accounts.accounts set email = null, erased_at = now() where account_id = $1`, [ana.accountId]);
  assert.deepEqual(await notifications.deliverEmails(smtp.transport), { sent: 0, retried: 0, failed: 1 });
  await assert.rejects(
    db.transaction(async (tx) => {
      await accounts.requestCode(tx, { email: anEmail(), locale: 'en', correlationId: newId() });
      throw new Error('the cause failed');
    }),
  );
  assert.deepEqual(await notifications.deliverEmails(smtp.transport), { sent: 0, retried: 0, failed: 0 });
  assert.equal((await smtp.mails()).length, 0);
  await smtp.close();
});

test('the same mail asked for twice is one row; another subject is another', async () => {
  const email = {
    template: 'order_refunded' as const,
    recipient: anEmail(),
    locale: 'en' as const,
    data: {},
    correlationId: newId(),
  };
  const subjectKey = newId();
  const queue = (key: string) => db.transaction((tx) => queueEmail(tx, { ...email, subjectKey: key }));
  assert.deepEqual([await queue(subjectKey), await queue(subjectKey), await queue(newId())], [true, false, true]);
});
