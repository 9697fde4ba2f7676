export { ATTEMPTS_MAX, type Delivered, type MailTransport } from './deliver.ts';
export type { FactHandler } from './consume-facts.ts';
export { createNotifications, type Notifications, type NotificationsDeps, smtpTransport } from './notifications.ts';
export { type Email, type MailLocale, queueEmail, type TemplateName, TEMPLATES } from './queue-email.ts';
export { MAIL_LOCALES, type RenderedMail } from './render.ts';
