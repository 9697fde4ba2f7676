// The sandbox's stand-in for Stripe.js: the same names and answers, for what the product calls. Served by the sandbox
// only. The form lives in a shadow root of its own, styled by constructed sheets, so that the page's CSP needs nothing
// but this origin in script-src and connect-src.
(() => {
  const origin = new URL(document.currentScript.src).origin;

  const WORDS = {
    pt: {
      number: 'Número do cartão',
      expiry: 'Validade (MM/AA)',
      cvc: 'CVC',
      incomplete_number: 'O número do cartão está incompleto.',
      incomplete_expiry: 'A validade do cartão está incompleta.',
      incomplete_cvc: 'O código de segurança está incompleto.',
      card_declined: 'O cartão foi recusado.',
      insufficient_funds: 'O cartão não tem saldo suficiente.',
      incorrect_cvc: 'O código de segurança está incorreto.',
      incorrect_number: 'O número do cartão está incorreto.',
      invalid_number: 'O número do cartão não é válido.',
      expired_card: 'O cartão venceu.',
      invalid_expiry_year: 'O cartão venceu.',
      payment_intent_authentication_failure: 'O banco não confirmou que é você.',
      network: 'Sem resposta do provedor de pagamento. Tente de novo.',
      other: 'O pagamento não foi aceito.',
      bank: 'Banco de teste',
      question: 'Esta compra é sua?',
      yes: 'Autorizar',
      no: 'Não fui eu',
    },
    en: {
      number: 'Card number',
      expiry: 'Expiry (MM/YY)',
      cvc: 'CVC',
      incomplete_number: 'Your card number is incomplete.',
      incomplete_expiry: "Your card's expiry is incomplete.",
      incomplete_cvc: "Your card's security code is incomplete.",
      card_declined: 'Your card was declined.',
      insufficient_funds: 'Your card has insufficient funds.',
      incorrect_cvc: "Your card's security code is incorrect.",
      incorrect_number: 'Your card number is incorrect.',
      invalid_number: 'Your card number is invalid.',
      expired_card: 'Your card has expired.',
      invalid_expiry_year: 'Your card has expired.',
      payment_intent_authentication_failure: 'The bank could not confirm that it is you.',
      network: 'The payment provider did not answer. Try again.',
      other: 'The payment was not accepted.',
      bank: 'Test bank',
      question: 'Is this purchase yours?',
      yes: 'Authorise',
      no: 'It was not me',
    },
  };
  // Stripe's form shows these declines by itself; the others it only hands to the shop's page.
  const TOLD_BY_THE_FORM = new Set([
    'generic_decline',
    'insufficient_funds',
    'incorrect_cvc',
    'invalid_cvc',
    'expired_card',
    'invalid_expiry_year',
  ]);
  const wordsFor = (locale) => ((locale ?? navigator.language).startsWith('en') ? WORDS.en : WORDS.pt);

  const CSS = `
    :host {
      display: block; color-scheme: light; font: 16px/1.4 system-ui, sans-serif;
      --ink: #1d1a1a; --line: #8a8080; --paper: #fff; --bad: #b3261e;
    }
    :host([data-theme='night']) {
      color-scheme: dark; --ink: #f4efec; --line: #9c9291; --paper: #211c1c; --bad: #ffb4ab;
    }
    .fields { display: grid; grid-template-columns: 1fr 1fr; gap: 12px; color: var(--ink); }
    .wide { grid-column: 1 / -1; }
    label { display: block; margin-bottom: 4px; }
    input {
      box-sizing: border-box; width: 100%; min-height: 44px; padding: 8px 12px; font: inherit;
      color: var(--ink); background: var(--paper); border: 1px solid var(--line); border-radius: 8px;
    }
    input:focus-visible, button:focus-visible { outline: 3px solid #4c8dff; outline-offset: 1px; }
    input[aria-invalid='true'] { border-color: var(--bad); border-width: 2px; }
    .error { grid-column: 1 / -1; min-height: 1.4em; margin: 0; color: var(--bad); }
    dialog {
      box-sizing: border-box; max-width: min(25rem, 100vw - 32px); padding: 24px; color: var(--ink); background: var(--paper);
      border: 1px solid var(--line); border-radius: 12px;
    }
    dialog::backdrop { background: rgb(0 0 0 / 60%); }
    h2 { margin: 0 0 8px; font-size: 1.25rem; }
    .row { display: flex; gap: 12px; margin-top: 16px; }
    button {
      flex: 1; min-height: 44px; font: inherit; color: var(--ink); background: transparent;
      border: 1px solid var(--line); border-radius: 8px; cursor: pointer;
    }
    button.main { color: #fff; background: #2f5bd7; border-color: #2f5bd7; }`;

  function shadowIn(host, theme) {
    host.dataset.theme = theme ?? 'stripe';
    const root = host.attachShadow({ mode: 'open' });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(CSS);
    root.adoptedStyleSheets = [sheet];
    return root;
  }

  function make(tag, properties = {}, children = []) {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  }

  async function call(key, path, fields) {
    const response = await fetch(`${origin}${path}`, {
      method: fields ? 'POST' : 'GET',
      headers: { authorization: `Bearer ${key}` },
      ...(fields ? { body: new URLSearchParams(fields) } : {}),
    });
    return response.json();
  }

  /** The check digit, which the form looks at before anybody is asked. */
  const isLuhn = (number) =>
    [...number].reverse().reduce((sum, digit, place) => {
      const worth = Number(digit) * (place % 2 === 1 ? 2 : 1);
      return sum + (worth > 9 ? worth - 9 : worth);
    }, 0) %
      10 ===
    0;

  /** The card form: three labelled fields, formatted while typing, one live line for errors. */
  function createCardForm(words, options) {
    const listeners = { ready: [], change: [], focus: [], blur: [], escape: [], loaderror: [] };
    const tell = (name, event) => listeners[name].forEach((listener) => listener(event));
    let host = null;
    let inputs = {};
    let error = null;

    const field = (name, autocomplete, placeholder, maxLength) => {
      const input = make('input', { id: name, name, placeholder, maxLength, autocomplete, inputMode: 'numeric' });
      input.required = true;
      input.setAttribute('aria-describedby', 'error');
      input.addEventListener('input', () => {
        format(name, input);
        input.removeAttribute('aria-invalid');
        tell('change', {
          elementType: 'payment',
          complete: problem() === null,
          empty: isEmpty(),
          value: { type: 'card' },
        });
      });
      input.addEventListener('focus', () => tell('focus', { elementType: 'payment' }));
      input.addEventListener('blur', () => tell('blur', { elementType: 'payment' }));
      inputs[name] = input;
      const label = make('label', { htmlFor: name, textContent: words[name] });
      return make('div', { className: name === 'number' ? 'wide' : '' }, [label, input]);
    };

    const digits = (name) => inputs[name].value.replace(/\D/g, '');
    const isEmpty = () => Object.values(inputs).every((input) => input.value === '');
    const format = (name, input) => {
      const only = input.value.replace(/\D/g, '');
      if (name === 'number') input.value = only.slice(0, 19).replace(/(\d{4})(?=\d)/g, '$1 ');
      else if (name === 'expiry') input.value = only.length > 2 ? `${only.slice(0, 2)}/${only.slice(2, 4)}` : only;
      else input.value = only.slice(0, 4);
    };
    const problem = () => {
      if (digits('number').length < 13) return 'incomplete_number';
      if (!isLuhn(digits('number'))) return 'invalid_number';
      if (digits('expiry').length < 4) return 'incomplete_expiry';
      return digits('cvc').length < 3 ? 'incomplete_cvc' : null;
    };

    return {
      problem,
      show(code) {
        error.textContent = code ? (words[code] ?? words.other) : '';
        const wrong = /number/.test(code ?? '')
          ? 'number'
          : /expir/.test(code ?? '')
            ? 'expiry'
            : /cvc/.test(code ?? '')
              ? 'cvc'
              : null;
        for (const [name, input] of Object.entries(inputs)) input.setAttribute('aria-invalid', String(name === wrong));
        if (wrong) inputs[wrong].focus();
      },
      values: () => ({
        'payment_method_data[type]': 'card',
        'payment_method_data[card][number]': digits('number'),
        'payment_method_data[card][exp_month]': digits('expiry').slice(0, 2),
        'payment_method_data[card][exp_year]': `20${digits('expiry').slice(2)}`,
        'payment_method_data[card][cvc]': digits('cvc'),
      }),
      element: {
        mount(target) {
          const place = typeof target === 'string' ? document.querySelector(target) : target;
          if (!place) throw new Error('Element to mount the payment form in is missing.');
          host = make('div', { className: 'StripeElement' });
          inputs = {};
          const root = shadowIn(host, options.appearance?.theme);
          error = make('p', { id: 'error', className: 'error' });
          error.setAttribute('role', 'alert');
          root.append(
            make('div', { className: 'fields' }, [
              field('number', 'cc-number', '4242 4242 4242 4242', 23),
              field('expiry', 'cc-exp', '12/34', 5),
              field('cvc', 'cc-csc', '123', 4),
              error,
            ]),
          );
          place.replaceChildren(host);
          queueMicrotask(() => tell('ready', { elementType: 'payment' }));
        },
        on(name, listener) {
          listeners[name]?.push(listener);
          return this;
        },
        off(name, listener) {
          if (listeners[name]) listeners[name] = listeners[name].filter((other) => other !== listener);
          return this;
        },
        update() {},
        focus: () => inputs.number?.focus(),
        blur() {},
        clear: () => Object.values(inputs).forEach((input) => (input.value = '')),
        unmount: () => host?.remove(),
        destroy: () => host?.remove(),
      },
      restyle: (theme) => {
        if (host && theme) host.dataset.theme = theme;
      },
    };
  }

  /** The bank's question, as a modal dialog. True when the buyer agrees; Escape is a no. */
  function askBank(words, theme) {
    return new Promise((resolve) => {
      const host = make('div');
      const root = shadowIn(host, theme);
      const dialog = make('dialog');
      dialog.setAttribute('aria-labelledby', 'title');
      const answer = (passed) => {
        dialog.close();
        host.remove();
        resolve(passed);
      };
      dialog.append(
        make('h2', { id: 'title', textContent: words.bank }),
        make('p', { textContent: words.question }),
        make('div', { className: 'row' }, [
          make('button', { type: 'button', textContent: words.no, onclick: () => answer(false) }),
          make('button', { type: 'button', className: 'main', textContent: words.yes, onclick: () => answer(true) }),
        ]),
      );
      dialog.addEventListener('cancel', (event) => {
        event.preventDefault();
        answer(false);
      });
      root.append(dialog);
      document.body.append(host);
      dialog.showModal();
    });
  }

  window.Stripe = Object.assign(
    function Stripe(publishableKey, stripeOptions = {}) {
      const failure = (words, error) => ({
        error: {
          ...error,
          message: words[error.decline_code] ?? words[error.code] ?? error.message ?? words.other,
        },
      });

      const confirm = async (state, returnUrl, redirect) => {
        const { clientSecret, words, form } = state;
        const id = clientSecret.split('_secret_')[0];
        const missing = form.problem();
        form.show(missing);
        if (missing) return failure(words, { type: 'validation_error', code: missing });
        const path = `/v1/payment_intents/${id}`;
        let answer = await call(publishableKey, `${path}/confirm`, { client_secret: clientSecret, ...form.values() });
        if (answer.status === 'requires_action') {
          const passed = await askBank(words, state.appearance?.theme);
          answer = await call(publishableKey, `${path}/challenge`, {
            client_secret: clientSecret,
            passed: String(passed),
          });
        }
        const error = answer.error ?? answer.last_payment_error;
        if (error) {
          const code = error.decline_code ?? error.code;
          if (TOLD_BY_THE_FORM.has(code)) form.show(words[code] ? code : error.code);
          return failure(words, error);
        }
        if (redirect !== 'if_required' && returnUrl) {
          const url = new URL(returnUrl, location.href);
          url.searchParams.set('payment_intent', id);
          url.searchParams.set('payment_intent_client_secret', clientSecret);
          url.searchParams.set('redirect_status', answer.status);
          location.assign(url);
        }
        return { paymentIntent: answer };
      };

      return {
        version: 'sandbox',
        elements(options) {
          const words = wordsFor(options.locale ?? stripeOptions.locale);
          const state = { clientSecret: options.clientSecret, appearance: options.appearance, words, form: null };
          return {
            sandboxState: state,
            create(type) {
              if (type !== 'payment') throw new Error(`The sandbox has no ${type} element.`);
              state.form = createCardForm(words, options);
              return state.form.element;
            },
            getElement: () => state.form?.element ?? null,
            update(changes) {
              state.appearance = changes.appearance ?? state.appearance;
              state.form?.restyle(changes.appearance?.theme);
            },
            async submit() {
              const missing = state.form.problem();
              state.form.show(missing);
              return missing
                ? failure(words, { type: 'validation_error', code: missing })
                : { selectedPaymentMethod: 'card' };
            },
            fetchUpdates: async () => ({}),
          };
        },
        async confirmPayment({ elements, confirmParams, redirect }) {
          const state = elements.sandboxState;
          try {
            return await confirm(state, confirmParams?.return_url, redirect);
          } catch {
            return failure(state.words, { type: 'api_connection_error', code: 'network' });
          }
        },
        async retrievePaymentIntent(clientSecret) {
          const id = clientSecret.split('_secret_')[0];
          const query = new URLSearchParams({ client_secret: clientSecret });
          const answer = await call(publishableKey, `/v1/payment_intents/${id}?${query}`);
          return answer.error ? { error: answer.error } : { paymentIntent: answer };
        },
      };
    },
    { version: 'endive' },
  );
})();
