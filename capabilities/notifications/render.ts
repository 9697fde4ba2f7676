import { toMjml, toText } from './blocks.ts';
import { escapeHtml, fill, type MailData, oneLine } from './fill.ts';
import { type MailLocale, type TemplateName, TEMPLATES } from './queue-email.ts';
import { templateOf } from './templates.ts';

export const MAIL_LOCALES: readonly MailLocale[] = ['pt-BR', 'en'];

export type RenderedMail = { subject: string; html: string; text: string };
export type Renderer = (template: TemplateName, locale: MailLocale, data: MailData) => RenderedMail;

type Mjml = typeof import('mjml')['default'];
type Compiled = { subject: string; html: string; text: string };

/** Compiles every template in every language, once, when a process starts: a broken one stops it there. */
export async function compileTemplates(): Promise<Renderer> {
  // Whoever only queues mails (the API) does without its 1,000 modules and 24 MB.
  const { default: mjml } = await import('mjml');
  const compiled = new Map<string, Compiled>();
  for (const name of TEMPLATES) {
    for (const locale of MAIL_LOCALES) compiled.set(`${name} ${locale}`, await compile(mjml, name, locale));
  }
  return (template, locale, data) => {
    const found = compiled.get(`${template} ${locale}`);
    if (!found) throw new Error(`bug: no mail template ${template} in ${locale}`);
    return {
      subject: oneLine(fill(found.subject, data, (text) => text)).slice(0, 200),
      html: fill(found.html, data, escapeHtml),
      text: fill(found.text, data, (text) => text),
    };
  };
}

async function compile(mjml2html: Mjml, name: TemplateName, locale: MailLocale): Promise<Compiled> {
  const { subject, preview, blocks, footer } = templateOf(name, locale);
  const source = toMjml({ locale, title: subject, preview, blocks, footer });
  // No fonts: MJML would load the ones it knows from outside, and tell their host who opens which mail.
  const { html, errors } = await mjml2html(source, { validationLevel: 'strict', keepComments: false, fonts: {} });
  if (errors.length > 0) throw new Error(`bug: mail template ${name}: ${errors[0]!.formattedMessage}`);
  return { subject, html, text: toText(blocks, footer).replaceAll(/<[^>]+>/g, '') };
}
