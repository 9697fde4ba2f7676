// The mail catcher's page: asks for the list every two seconds, shows one mail. Texts of mails only ever become text.
const list = document.querySelector('#mails');
const status = document.querySelector('#status');
const shown = document.querySelector('#mail');
const to = document.querySelector('#to');
let openId = location.hash.slice(1);
let known = '';

const element = (name, text, attributes = {}) => {
  const made = document.createElement(name);
  if (text) made.textContent = text;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
};
const when = (iso) => new Date(iso).toLocaleString('pt-BR', { dateStyle: 'short', timeStyle: 'medium' });
const ask = async (path) => {
  const answer = await fetch(path);
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.json();
};

async function refresh() {
  try {
    const { mails } = await ask(`/api/mails?to=${encodeURIComponent(to.value)}`);
    const now = JSON.stringify([mails.map((mail) => mail.id), openId]);
    if (now === known) return;
    known = now;
    const focused = document.activeElement?.dataset?.id;
    list.replaceChildren(...mails.map(row));
    if (focused) list.querySelector(`[data-id="${CSS.escape(focused)}"]`)?.focus();
    status.textContent = mails.length === 0 ? 'Nenhum e-mail ainda.' : `${mails.length} e-mail(s), o mais novo primeiro.`;
  } catch {
    known = '';
    status.textContent = 'Sem resposta da caixa de e-mails. Tentando de novo…';
  }
}

function row(mail) {
  const button = element('button', '', { type: 'button', 'data-id': mail.id });
  if (mail.id === openId) button.setAttribute('aria-current', 'true');
  button.append(
    element('strong', mail.subject || '(sem assunto)'),
    element('small', mail.to.join(', ')),
    element('small', when(mail.receivedAt)),
  );
  button.addEventListener('click', () => void open(mail.id, true));
  const item = element('li');
  item.append(button);
  return item;
}

async function open(id, byHand) {
  openId = id;
  history.replaceState(null, '', `#${id}`);
  try {
    const mail = await ask(`/api/mails/${encodeURIComponent(id)}`);
    const facts = element('dl');
    for (const [name, value] of [['De', mail.from], ['Para', mail.to.join(', ')], ['Chegou', when(mail.receivedAt)]]) {
      facts.append(element('dt', name), element('dd', value));
    }
    const parts = [element('h2', mail.subject || '(sem assunto)'), facts];
    if (mail.attachments.length > 0) parts.push(element('h3', 'Anexos'), attachments(mail));
    if (mail.html) {
      parts.push(element('iframe', '', { sandbox: 'allow-popups', title: 'E-mail como o destinatário o vê',
        src: `/api/mails/${mail.id}/html` }));
    }
    parts.push(element('h3', 'Só texto'), element('pre', mail.text));
    shown.replaceChildren(...parts);
  } catch {
    shown.replaceChildren(element('p', 'Este e-mail não está mais aqui.', { class: 'empty' }));
  }
  known = '';
  await refresh();
  if (byHand) shown.focus({ preventScroll: false });
}

function attachments(mail) {
  const items = element('ul');
  for (const one of mail.attachments) {
    const item = element('li');
    const kib = Math.max(1, Math.round(one.size / 1024));
    item.append(
      element('a', `${one.fileName} (${one.contentType}, ${kib} KiB)`, {
        href: `/api/mails/${mail.id}/attachments/${one.index}`,
        download: one.fileName,
      }),
    );
    items.append(item);
  }
  return items;
}

to.addEventListener('input', () => void refresh());
document.querySelector('form').addEventListener('submit', (event) => event.preventDefault());
await refresh();
if (openId) await open(openId, false);
setInterval(() => void refresh(), 2000);
