import type { Mail, MailSummary } from '../apps/mailbox/mail-store.ts';
import { until } from './api-person.ts';
import type { HouseFacts } from './house.ts';

/** The newest mail to somebody, as soon as it has arrived; with `subject`, the newest that has these words in it. */
export async function mailTo(house: HouseFacts, email: string, subject = ''): Promise<Mail> {
  const list = async () => {
    const answer = await fetch(`${house.mailboxUrl}/api/mails?to=${encodeURIComponent(email)}`);
    const { mails } = (await answer.json()) as { mails: MailSummary[] };
    return mails.find((mail) => mail.subject.includes(subject)) ?? null;
  };
  const found = await until(list, (mail) => mail !== null);
  return (await (await fetch(`${house.mailboxUrl}/api/mails/${found!.id}`)).json()) as Mail;
}
