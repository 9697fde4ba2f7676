export { queueEmail, TEMPLATES, type Email, type MailLocale, type TemplateName } from './queue-email.ts';
