import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Attachment, type ParsedMail, simpleParser } from 'mailparser';
import { newId } from '#platform/ids';

export const MAILS_MAX = 500;

export type MailSummary = {
  id: string;
  receivedAt: string;
  from: string;
  to: string[];
  subject: string;
  attachmentCount: number;
};

export type Mail = MailSummary & {
  text: string;
  html: string | null;
  messageId: string | null;
  headers: Record<string, string>;
  attachments: { index: number; fileName: string; contentType: string; size: number }[];
};

export type MailStore = {
  add(source: Buffer, recipients: string[]): Promise<string>;
  /** Newest first; `to` is part of an address. */
  list(to?: string): MailSummary[];
  read(id: string): Promise<Mail | null>;
  attachment(id: string, index: number): Promise<Attachment | null>;
  clear(): Promise<void>;
};

type Kept = { summary: MailSummary; file: string };

/** The last 500 mails: one file each (envelope in its first line, then the mail as received), a list in memory. */
export async function openMailStore(folder: string): Promise<MailStore> {
  await mkdir(folder, { recursive: true });
  const kept: Kept[] = [];
  for (const file of (await readdir(folder)).filter((name) => name.endsWith('.mail')).sort()) {
    const loaded = await load(join(folder, file)).catch(() => null);
    if (loaded)
      kept.push({ summary: summaryOf(file.slice(0, -5), loaded.receivedAt, loaded.recipients, loaded.mail), file });
  }

  const open = async (id: string) => {
    const found = kept.find((one) => one.summary.id === id);
    return found ? { ...found, mail: (await load(join(folder, found.file))).mail } : null;
  };

  return {
    async add(source, recipients) {
      const mail = await simpleParser(source);
      const id = newId();
      const file = `${id}.mail`;
      const receivedAt = new Date().toISOString();
      const envelope = Buffer.from(`${JSON.stringify({ receivedAt, recipients })}\n`);
      // Written beside and then renamed: a mail in the folder is a whole mail.
      await writeFile(join(folder, `${file}.part`), Buffer.concat([envelope, source]));
      await rename(join(folder, `${file}.part`), join(folder, file));
      kept.push({ summary: summaryOf(id, receivedAt, recipients, mail), file });
      while (kept.length > MAILS_MAX) await rm(join(folder, kept.shift()!.file), { force: true });
      return id;
    },
    list(to) {
      const wanted = to?.trim().toLowerCase();
      return kept
        .filter(({ summary }) => !wanted || summary.to.some((address) => address.toLowerCase().includes(wanted)))
        .map(({ summary }) => summary)
        .reverse();
    },
    async read(id) {
      const found = await open(id);
      return found && mailOf(found.summary, found.mail);
    },
    async attachment(id, index) {
      return (await open(id))?.mail.attachments[index] ?? null;
    },
    async clear() {
      for (const { file } of kept.splice(0)) await rm(join(folder, file), { force: true });
    },
  };
}

async function load(path: string): Promise<{ receivedAt: string; recipients: string[]; mail: ParsedMail }> {
  const bytes = await readFile(path);
  const end = bytes.indexOf('\n');
  const envelope = JSON.parse(bytes.subarray(0, end).toString()) as { receivedAt: string; recipients: string[] };
  return { ...envelope, mail: await simpleParser(bytes.subarray(end + 1)) };
}

function summaryOf(id: string, receivedAt: string, recipients: string[], mail: ParsedMail): MailSummary {
  return {
    id,
    receivedAt,
    from: mail.from?.text ?? '',
    to: recipients,
    subject: mail.subject ?? '',
    attachmentCount: mail.attachments.filter((attachment) => !attachment.related).length,
  };
}

function mailOf(summary: MailSummary, mail: ParsedMail): Mail {
  return {
    ...summary,
    text: mail.text ?? '',
    html: typeof mail.html === 'string' ? mail.html : null,
    messageId: mail.messageId ?? null,
    headers: Object.fromEntries(mail.headerLines.map(({ key, line }) => [key, line.slice(key.length + 1).trim()])),
    attachments: mail.attachments.map((attachment, index) => ({
      index,
      fileName: attachment.filename ?? `anexo-${index + 1}`,
      contentType: attachment.contentType,
      size: attachment.size,
    })),
  };
}
