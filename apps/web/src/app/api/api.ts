import { Injectable } from '@angular/core';
import { ApiProblem, problemOf } from './api-problem.ts';
import { createIntentions, randomKey } from './intentions.ts';

export type Query = Record<string, string | number | boolean | readonly string[] | null | undefined>;

export type SendOptions = {
  /** Names what the person wants ('hold', 'pay'); sends of one intention share their Idempotency-Key. */
  intention?: string;
  signal?: AbortSignal;
  /** Sent as it is, with this content type (imports). */
  contentType?: string;
};

const RETRIES_MAX = 2; // The second retry comes after about 1.5 s; later ones are the person's to ask for.

/** The only way to the server. Paths start with '/api'. Every failure is an ApiProblem. */
@Injectable({ providedIn: 'root' })
export class Api {
  private readonly intentions = createIntentions(randomKey);
  private readonly tagged = new Map<string, { tag: string; body: unknown }>();

  async get<T>(path: string, query: Query = {}, signal?: AbortSignal): Promise<T> {
    const url = path + queryText(query);
    const known = this.tagged.get(url);
    const answer = await this.reach(url, {
      headers: known ? { 'if-none-match': known.tag } : {},
      ...(signal ? { signal } : {}),
    });
    if (answer.status === 304 && known) return known.body as T;
    if (!answer.ok) throw await problemOf(answer);
    const body = await readBody(answer);
    const tag = answer.headers.get('etag');
    if (tag) this.keep(url, { tag, body });
    return body as T;
  }

  async send<T>(
    method: 'POST' | 'PUT' | 'DELETE',
    path: string,
    body?: unknown,
    options: SendOptions = {},
  ): Promise<T> {
    const name = `${method} ${path} ${options.intention ?? ''}`;
    const fingerprint = options.contentType ? randomKey() : body;
    const key = this.intentions.keyOf(name, fingerprint);
    for (let attempt = 0; ; attempt += 1) {
      try {
        const answer = await this.reach(path, {
          method,
          headers: {
            'idempotency-key': key,
            ...(body === undefined ? {} : { 'content-type': options.contentType ?? 'application/json' }),
          },
          ...(body === undefined ? {} : { body: options.contentType ? (body as BodyInit) : JSON.stringify(body) }),
          ...(options.signal ? { signal: options.signal } : {}),
        });
        if (!answer.ok) throw await problemOf(answer);
        const result = (await readBody(answer)) as T;
        this.intentions.settle(name);
        return result;
      } catch (error) {
        const passing = error instanceof ApiProblem && error.passing;
        if (!passing) this.intentions.settle(name);
        if (!passing || attempt >= RETRIES_MAX || options.contentType) throw error;
        await pause(Math.min((error.retryAfter ?? 0.4 * 2 ** attempt) * 1000, 3000));
      }
    }
  }

  post<T>(path: string, body?: unknown, options?: SendOptions): Promise<T> {
    return this.send<T>('POST', path, body, options);
  }

  /** Bytes to save: PDF, CSV. With a body it is asked by POST, because what is asked must not stand in a URL. */
  async download(path: string, body?: unknown): Promise<Blob> {
    const answer = await this.reach(
      path,
      body === undefined
        ? {}
        : { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) },
    );
    if (!answer.ok) throw await problemOf(answer);
    return answer.blob();
  }

  /** Forgets kept answers: another person may be using this page now. */
  forget(): void {
    this.tagged.clear();
  }

  private async reach(
    url: string,
    init: Omit<RequestInit, 'headers'> & { headers?: Record<string, string> },
  ): Promise<Response> {
    let answer: Response;
    try {
      answer = await fetch(url, {
        credentials: 'same-origin',
        ...init,
        headers: { accept: 'application/json', ...init.headers },
      });
    } catch (error) {
      if (error instanceof DOMException && error.name === 'AbortError') throw error;
      throw offline();
    }
    // What the service worker says for a request that never left the device: 504 and nothing else.
    if (answer.status === 504 && (await answer.clone().text()) === '') throw offline();
    return answer;
  }

  private keep(url: string, entry: { tag: string; body: unknown }): void {
    this.tagged.set(url, entry);
    const oldest = this.tagged.keys().next().value;
    if (this.tagged.size > 80 && oldest !== undefined) this.tagged.delete(oldest);
  }
}

function offline(): ApiProblem {
  return new ApiProblem(0, { code: 'offline' });
}

async function readBody(answer: Response): Promise<unknown> {
  if (answer.status === 204) return null;
  const text = await answer.text();
  if (text === '') return null;
  try {
    return JSON.parse(text);
  } catch {
    throw new ApiProblem(502, { code: 'answer_unreadable' });
  }
}

function queryText(query: Query): string {
  const pairs = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined || value === null || value === '') continue;
    for (const item of Array.isArray(value) ? value : [value]) pairs.append(name, String(item));
  }
  const text = pairs.toString();
  return text ? `?${text}` : '';
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
