import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';
import { Type } from 'typebox';
import { Fault } from '#platform/fault';
import { createHttpServer, type HttpServer } from '#platform/http-server';
import type { Log } from '#platform/log';
import { sendProblem } from '#platform/problem';
import { type MailStore, openMailStore } from './mail-store.ts';

export type Mailbox = { smtpPort: number; pagePort: number; close(): Promise<void> };

const HOST = '127.0.0.1';
const MAIL_BYTES_MAX = 20 * 1024 * 1024;

/** The laptop's mail catcher: takes every mail, sends none, shows them on a page. Only for this machine. */
export async function startMailbox(options: {
  log: Log;
  smtpPort: number;
  pagePort: number;
  folder: string;
}): Promise<Mailbox> {
  const store = await openMailStore(options.folder);
  const smtp = smtpServer(store, options.log);
  await new Promise<void>((resolve, reject) => {
    smtp.once('error', (error) => reject(new Fault('smtp_port_taken', { retryable: false, cause: error })));
    smtp.listen(options.smtpPort, HOST, resolve);
  });
  smtp.on('error', (error) => options.log.warn({ err: error }, 'smtp'));
  const api = createHttpServer({ log: options.log });
  await registerMailboxRoutes(api, store);
  await api.listen({ port: options.pagePort, host: HOST });
  return {
    smtpPort: (smtp.server.address() as AddressInfo).port,
    pagePort: (api.server.address() as AddressInfo).port,
    close: async () => {
      await api.close();
      await new Promise<void>((resolve) => smtp.close(() => resolve()));
    },
  };
}

function smtpServer(store: MailStore, log: Log): SMTPServer {
  return new SMTPServer({
    banner: 'Poltrona mail catcher',
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    size: MAIL_BYTES_MAX,
    onAuth: (_auth, _session, done) => done(null, { user: 'anybody' }),
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        if (stream.sizeExceeded) return done(Object.assign(new Error('too big'), { responseCode: 552 }));
        const recipients = session.envelope.rcptTo.map((recipient) => recipient.address);
        void keep(store, log, { source: Buffer.concat(chunks), recipients }, done);
      });
    },
  });
}

async function keep(
  store: MailStore,
  log: Log,
  mail: { source: Buffer; recipients: string[] },
  done: (failure?: Error | null) => void,
): Promise<void> {
  let failure: Error | null = null;
  try {
    await store.add(mail.source, mail.recipients);
  } catch (error) {
    log.error({ err: error }, 'mail not kept');
    failure = Object.assign(new Error('not kept'), { responseCode: 451 });
  }
  done(failure);
}

const Params = Type.Object({ id: Type.String({ format: 'uuid' }) });
const PAGE_POLICY =
  "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; frame-src 'self'; object-src 'none'";
// A mail may try anything: its frame has no scripts, no origin, and loads nothing from outside.
const MAIL_POLICY = "sandbox allow-popups; default-src 'none'; style-src 'unsafe-inline'; img-src data:";

async function registerMailboxRoutes(api: HttpServer, store: MailStore): Promise<void> {
  for (const [path, file, type] of [
    ['/', 'index.html', 'text/html; charset=utf-8'],
    ['/mailbox.css', 'mailbox.css', 'text/css; charset=utf-8'],
    ['/mailbox.js', 'mailbox.js', 'text/javascript; charset=utf-8'],
  ] as const) {
    const content = await readFile(new URL(`page/${file}`, import.meta.url));
    api.get(path, async (_request, reply) =>
      reply.type(type).header('content-security-policy', PAGE_POLICY).header('cache-control', 'no-cache').send(content),
    );
  }
  // A page elsewhere must not read the mail by a name that points here (DNS rebinding).
  api.addHook('onRequest', async (request, reply) => {
    const host = request.headers.host ?? '';
    if (!/^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/.test(host)) return sendProblem(reply, 403, 'host_refused');
    reply.header('x-content-type-options', 'nosniff');
  });

  api.get(
    '/api/mails',
    { schema: { querystring: Type.Object({ to: Type.Optional(Type.String({ maxLength: 254 })) }) } },
    async (request) => ({ mails: store.list(request.query.to) }),
  );
  api.get('/api/mails/:id', { schema: { params: Params } }, async (request, reply) => {
    return (await store.read(request.params.id)) ?? sendProblem(reply, 404, 'mail_unknown');
  });
  api.get('/api/mails/:id/html', { schema: { params: Params } }, async (request, reply) => {
    const mail = await store.read(request.params.id);
    if (!mail?.html) return sendProblem(reply, 404, 'mail_unknown');
    return reply.type('text/html; charset=utf-8').header('content-security-policy', MAIL_POLICY).send(mail.html);
  });
  api.get(
    '/api/mails/:id/attachments/:index',
    {
      schema: {
        params: Type.Object({ ...Params.properties, index: Type.Integer({ minimum: 0, maximum: 1000 }) }),
      },
    },
    async (request, reply) => {
      const attachment = await store.attachment(request.params.id, request.params.index);
      if (!attachment) return sendProblem(reply, 404, 'attachment_unknown');
      const name = encodeURIComponent(attachment.filename ?? 'anexo');
      return reply
        .type('application/octet-stream')
        .header('content-disposition', `attachment; filename*=UTF-8''${name}`)
        .send(attachment.content);
    },
  );
  api.delete('/api/mails', async () => {
    await store.clear();
    return { mails: [] };
  });
}
