import assert from 'node:assert/strict';
import { test } from 'node:test';
import { escapeHtml, fill, oneLine } from './fill.ts';
import { renderPreview } from './preview.ts';
import { TEMPLATES } from './queue-email.ts';
import { compileTemplates, MAIL_LOCALES } from './render.ts';

const render = await compileTemplates();

test('every template has both languages, both forms, no hole, and nothing that loads from outside', async () => {
  for (const template of TEMPLATES) {
    for (const locale of MAIL_LOCALES) {
      const mail = await renderPreview(render, 'http://localhost:3000', template, locale);
      const where = `${template} ${locale}`;
      assert.ok(mail.subject.length > 5 && mail.text.length > 100, where);
      assert.equal(/\{\{|undefined|\[object/.test(mail.subject + mail.html + mail.text), false, where);
      assert.match(mail.html, new RegExp(`<html lang="${locale}"`), where);
      assert.doesNotMatch(mail.html, /(src|background)="https?:|@import|<link|<script/, where);
      assert.doesNotMatch(mail.text, /<\/?\w+>/, where);
    }
  }
});

test('what people and films are called cannot become markup, a header, or a placeholder', () => {
  const data = { a: '<img src=x onerror=alert(1)> & "b"', c: '{{a}}', items: [{ d: '{{c}}' }] };
  assert.equal(fill('{{a}}|{{c}}', data, escapeHtml), '&lt;img src=x onerror=alert(1)&gt; &amp; &quot;b&quot;|{ {a}}');
  assert.equal(fill('{{#each items}}{{d}}{{/each}}', data, escapeHtml), '{ {c}}');
  assert.equal(oneLine('Limite\r\nBcc: todos@poltrona.example'), 'Limite Bcc: todos@poltrona.example');
  assert.throws(() => fill('{{missing}}', data, escapeHtml), /missing/);
});
