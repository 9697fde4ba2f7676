import { computed, inject, Injectable, signal } from '@angular/core';
import type { Me, Role, StaffStep } from '#contracts/accounts';
import { Api } from '../api/api.ts';
import { recall, remember } from '../api/remembered.ts';
import { Language } from '../language/language.ts';

export type Account = NonNullable<Me['account']>;

const RANK: Record<Role, number> = { buyer: 0, usher: 1, manager: 2, administrator: 3 };

/** Who is signed in on this device. `account()` is undefined until known, null for a visitor. */
@Injectable({ providedIn: 'root' })
export class Session {
  private readonly api = inject(Api);
  private readonly language = inject(Language);
  private readonly me = signal<Account | null | undefined>(undefined);
  private readonly waiting = signal<((identified: boolean) => void) | null>(null);

  readonly account = this.me.asReadonly();
  readonly signedIn = computed(() => !!this.me());
  readonly identified = computed(() => !!this.me()?.maskedCpf);
  readonly role = computed<Role | null>(() => this.me()?.role ?? null);
  /** Whether the sign-in dialog lies over the page. */
  readonly asking = computed(() => this.waiting() !== null);

  private refreshing: Promise<void> | undefined;
  /** The account is the one remembered on this device: the API could not be asked yet. */
  private fromMemory = false;

  constructor() {
    // The session lives as long as the page, and so does this.
    addEventListener('online', () => this.fromMemory && void this.refresh());
  }

  refresh(): Promise<void> {
    this.refreshing ??= this.read().finally(() => (this.refreshing = undefined));
    return this.refreshing;
  }

  /** Resolves when it is known who is here (or that it cannot be known now). */
  async known(): Promise<Account | null> {
    if (this.me() === undefined || this.fromMemory) await this.refresh();
    return this.me() ?? null;
  }

  atLeast(role: Role): boolean {
    const mine = this.role();
    return mine !== null && RANK[mine] >= RANK[role];
  }

  async requestCode(email: string): Promise<void> {
    await this.api.post('/api/sign-in/code', { email, locale: this.language.code() }, { intention: 'code' });
  }

  async verify(email: string, code: string): Promise<void> {
    this.become(await this.api.post<Me>('/api/sign-in/verify', { email, code }));
  }

  async tellCpf(cpf: string, name: string): Promise<void> {
    this.become(await this.api.post<Me>('/api/me/cpf', { cpf, name }));
  }

  staffSignIn(email: string, password: string): Promise<StaffStep> {
    return this.api.post<StaffStep>('/api/staff/sign-in', { email, password });
  }

  async secondFactor(code: string): Promise<void> {
    this.become(await this.api.post<Me>('/api/staff/second-factor', { code }));
  }

  async signOut(): Promise<void> {
    await this.api.post('/api/sign-out');
    this.api.forget();
    remember('tickets', null);
    this.become({ account: null });
  }

  /** The API said 401: whoever was here is not any more. */
  expired(): void {
    this.become({ account: null });
  }

  /**
   * Makes sure that a buyer with CPF is here, asking in a dialog over the page, so that nothing chosen is lost. False
   * when the person closed it.
   */
  async requireBuyer(): Promise<boolean> {
    await this.known();
    if (this.identified()) return true;
    this.waiting()?.(false);
    return new Promise((resolve) => this.waiting.set(resolve));
  }

  answer(identified: boolean): void {
    const resolve = this.waiting();
    this.waiting.set(null);
    resolve?.(identified);
  }

  private async read(): Promise<void> {
    try {
      this.become(await this.api.get<Me>('/api/me'));
    } catch {
      // Offline or the API is down: whoever was here last still is, and we ask again when the network returns. The
      // API decides on everything that matters; this only keeps the page from treating its owner as a stranger.
      this.fromMemory = true;
      if (this.me() === undefined) this.me.set(lastAccount());
    }
  }

  private become(me: Me): void {
    this.fromMemory = false;
    this.me.set(me.account);
    // Enough to know that somebody is here and what they may see; name and address do not stay on the device.
    remember('account', me.account && JSON.stringify({ ...me.account, email: '', name: null }));
  }
}

function lastAccount(): Account | null {
  try {
    return JSON.parse(recall('account') ?? 'null') as Account | null;
  } catch {
    return null;
  }
}
