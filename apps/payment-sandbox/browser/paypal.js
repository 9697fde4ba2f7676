// The sandbox's stand-in for PayPal's JavaScript SDK (v5 "Smart Payment Buttons"): a button, and a window in which the
// buyer approves. As at PayPal, approving moves no money; onApprove must ask the shop's server to capture.
(() => {
  const source = new URL(document.currentScript.src);
  const { origin } = source;
  const isEnglish = (source.searchParams.get('locale') ?? document.documentElement.lang ?? 'pt').startsWith('en');
  const words = isEnglish
    ? {
        pay: 'Pay with PayPal',
        title: 'PayPal (sandbox)',
        total: 'You pay',
        approve: 'Pay now',
        decline: 'Pay with a card that is declined',
        cancel: 'Cancel and return',
      }
    : {
        pay: 'Pagar com PayPal',
        title: 'PayPal (simulação)',
        total: 'Você paga',
        approve: 'Pagar agora',
        decline: 'Pagar com um cartão que será recusado',
        cancel: 'Cancelar e voltar',
      };

  const CSS = `
    :host { display: block; font: 16px/1.4 system-ui, sans-serif; color-scheme: light; }
    button { box-sizing: border-box; width: 100%; min-height: 48px; padding: 0 16px; font: inherit; font-weight: 600;
      color: #111; background: #ffc439; border: 1px solid #7a5c00; border-radius: 8px; cursor: pointer; }
    button:focus-visible { outline: 3px solid #4c8dff; outline-offset: 2px; }
    button:disabled { opacity: 0.6; cursor: progress; }
    dialog {
      box-sizing: border-box; width: min(27rem, 100vw - 32px); max-width: none; padding: 24px; color: #111; background: #fff;
      border: 1px solid #667; border-radius: 12px;
    }
    dialog::backdrop { background: rgb(0 0 0 / 65%); }
    h2 { margin: 0 0 8px; color: #003087; font-size: 1.25rem; }
    .total { margin: 0 0 16px; font-size: 1.1rem; }
    .stack { display: grid; gap: 12px; }
    .main { color: #fff; background: #003087; border-color: #003087; }
    .plain { background: #fff; border-color: #667; }`;

  function make(tag, properties = {}, children = []) {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  }

  function shadowIn(host) {
    const root = host.attachShadow({ mode: 'open' });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(CSS);
    root.adoptedStyleSheets = [sheet];
    return root;
  }

  async function send(path, body) {
    const response = await fetch(
      `${origin}${path}`,
      body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) },
    );
    if (!response.ok) throw new Error(`PayPal sandbox answered ${response.status}`);
    return response.json();
  }

  /** PayPal's window as a modal dialog: 'approve', 'decline' or 'cancel'. */
  async function askBuyer(orderId) {
    const order = await send(`/sandbox/paypal/${encodeURIComponent(orderId)}`);
    const amount = new Intl.NumberFormat(isEnglish ? 'en' : 'pt-BR', {
      style: 'currency',
      currency: order.currency,
    }).format(order.value);
    return new Promise((resolve) => {
      const host = make('div');
      const root = shadowIn(host);
      const dialog = make('dialog');
      dialog.setAttribute('aria-labelledby', 'title');
      const answer = (choice) => {
        dialog.close();
        host.remove();
        resolve(choice);
      };
      const button = (choice, className) =>
        make('button', { type: 'button', className, textContent: words[choice], onclick: () => answer(choice) });
      dialog.append(
        make('h2', { id: 'title', textContent: words.title }),
        make('p', { className: 'total', textContent: `${words.total}: ${amount}` }),
        make('div', { className: 'stack' }, [
          button('approve', 'main'),
          button('decline', 'plain'),
          button('cancel', 'plain'),
        ]),
      );
      dialog.addEventListener('cancel', (event) => {
        event.preventDefault();
        answer('cancel');
      });
      root.append(dialog);
      document.body.append(host);
      dialog.showModal();
    });
  }

  async function checkout(options, orderId) {
    const choice = await askBuyer(orderId);
    if (choice === 'cancel') {
      await options.onCancel?.({ orderID: orderId });
      return;
    }
    await send(`/sandbox/paypal/${encodeURIComponent(orderId)}/approve`, { declines: choice === 'decline' });
    const data = { orderID: orderId, payerID: 'SANDBXPAYER22', paymentSource: 'paypal' };
    await options.onApprove(data, { restart: () => checkout(options, orderId) });
  }

  function Buttons(options) {
    let host = null;
    return {
      isEligible: () => true,
      async render(target) {
        const place = typeof target === 'string' ? document.querySelector(target) : target;
        if (!place) throw new Error('Container for the PayPal buttons is missing.');
        host = make('div', { className: 'paypal-buttons' });
        const button = make('button', { type: 'button', textContent: words.pay });
        button.addEventListener('click', async () => {
          button.disabled = true;
          try {
            let allowed = true;
            await options.onClick?.(
              { fundingSource: 'paypal' },
              { resolve: () => {}, reject: () => (allowed = false) },
            );
            if (allowed) await checkout(options, await options.createOrder({ paymentSource: 'paypal' }, {}));
          } catch (error) {
            if (options.onError) options.onError(error);
            else throw error;
          } finally {
            button.disabled = false;
          }
        });
        shadowIn(host).append(button);
        place.replaceChildren(host);
        options.onInit?.({}, { enable() {}, disable() {} });
      },
      close: async () => host?.remove(),
    };
  }

  window.paypal = { version: '5.0.0-sandbox', FUNDING: { PAYPAL: 'paypal' }, Buttons };
})();
