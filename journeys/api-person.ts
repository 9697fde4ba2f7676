import { randomInt, randomUUID } from 'node:crypto';
import type { OrderView } from '#contracts/orders';
import type { HouseFacts } from './house.ts';
import { mailTo } from './mail.ts';

export type Answer<T> = { status: number; body: T };

/** Somebody who uses the product over its API: cookies kept, a fresh Idempotency-Key for every change. */
export type ApiPerson = {
  email: string;
  get<T>(path: string): Promise<T>;
  send<T>(method: 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown): Promise<Answer<T>>;
  cookie(): string;
};

export function visitor(house: HouseFacts, email = `pessoa-${randomUUID()}@poltrona.example`): ApiPerson {
  const cookies = new Map<string, string>();
  const cookie = () => [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  const ask = async (path: string, init: RequestInit) => {
    const answer = await fetch(`${house.apiUrl}${path}`, {
      ...init,
      headers: { ...(init.headers as Record<string, string>), cookie: cookie() },
    });
    for (const line of answer.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)!;
      cookies.set(name!, value!);
    }
    return answer;
  };
  return {
    email,
    cookie,
    get: async <T>(path: string) => {
      const answer = await ask(path, {});
      if (!answer.ok) throw new Error(`GET ${path}: ${answer.status} ${await answer.text()}`);
      return (await answer.json()) as T;
    },
    send: async <T>(method: string, path: string, body?: unknown): Promise<Answer<T>> => {
      const answer = await ask(path, {
        method,
        headers: {
          'idempotency-key': randomUUID(),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await answer.text();
      return { status: answer.status, body: (text ? JSON.parse(text) : null) as T };
    },
  };
}

/** A signed-in buyer with a CPF, by the way every buyer takes: code by e-mail, then CPF. */
export async function buyer(house: HouseFacts): Promise<ApiPerson> {
  const person = visitor(house);
  await expectOk(person.send('POST', '/api/sign-in/code', { email: person.email }));
  const mail = await mailTo(house, person.email);
  const code = /\b(\d{3})\s?(\d{3})\b/.exec(mail.text)!;
  await expectOk(person.send('POST', '/api/sign-in/verify', { email: person.email, code: `${code[1]}${code[2]}` }));
  await expectOk(person.send('POST', '/api/me/cpf', { cpf: aCpf(), name: 'Maria das Dores' }));
  return person;
}

/** A valid CPF, made up. */
export function aCpf(): string {
  const digits = Array.from({ length: 9 }, (_, index) => (index === 0 ? 1 + randomInt(9) : randomInt(10)));
  for (const length of [9, 10]) {
    const sum = digits.slice(0, length).reduce((total, digit, index) => total + digit * (length + 1 - index), 0);
    digits.push(((sum * 10) % 11) % 10);
  }
  return digits.join('');
}

export async function expectOk<T>(answer: Promise<Answer<T>>): Promise<T> {
  const { status, body } = await answer;
  if (status >= 300) throw new Error(`refused: ${status} ${JSON.stringify(body)}`);
  return body;
}

/** Looks until `wanted` holds; a journey waits for what it needs, never for a number of seconds. */
export async function until<T>(look: () => Promise<T>, wanted: (seen: T) => boolean, msMax = 20_000): Promise<T> {
  const end = performance.now() + msMax;
  for (;;) {
    const seen = await look();
    if (wanted(seen)) return seen;
    if (performance.now() > end) throw new Error(`never came: ${JSON.stringify(seen).slice(0, 600)}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

export const orderOf = (person: ApiPerson, orderId: string) => person.get<OrderView>(`/api/orders/${orderId}`);
