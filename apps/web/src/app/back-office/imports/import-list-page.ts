import { Component, computed, DestroyRef, inject, signal } from '@angular/core';
import { Router, RouterLink } from '@angular/router';
import { TranslocoDirective } from '@jsverse/transloco';
import type { ImportKind, ImportRun } from '#contracts/imports';
import { Api } from '../../api/api.ts';
import { remote } from '../../api/remote.ts';
import { Formats } from '../../language/formats.ts';
import { Language } from '../../language/language.ts';
import { Session } from '../../session/session.ts';
import { Button, Empty, Failure, Icon, Progress, Stale, Steps } from '../../ui/index.ts';
import { keepFresh } from '../keep-fresh.ts';
import { ImportWords } from './import-words.ts';
import { bytesText, KINDS, refusedAtOnce, TEMPLATE_FORMATS } from './run-steps.ts';
import { type Upload, uploadFile } from './upload.ts';

const FRESH_MS = 15_000;

/** /admin/importar: step one, the file; and what was imported before. */
@Component({
  selector: 'pt-import-list-page',
  imports: [Button, Empty, Failure, Icon, Progress, RouterLink, Stale, Steps, TranslocoDirective],
  templateUrl: './import-list-page.html',
})
export class ImportListPage {
  protected readonly formats = inject(Formats);
  protected readonly language = inject(Language);
  protected readonly words = inject(ImportWords);
  private readonly api = inject(Api);
  private readonly router = inject(Router);
  protected readonly session = inject(Session);
  protected readonly kinds = KINDS;
  protected readonly templateFormats = TEMPLATE_FORMATS;
  protected readonly kind = signal<ImportKind>('screenings');
  protected readonly over = signal(false);
  protected readonly sending = signal<{ name: string; sent: number; all: number } | null>(null);
  protected readonly refusal = signal('');
  private upload: Upload | null = null;

  protected readonly list = remote(
    () => 'runs',
    (_wish, signal) => this.api.get<{ runs: ImportRun[] }>('/api/admin/imports', {}, signal),
  );
  protected readonly sentText = computed(() => {
    const sending = this.sending();
    if (!sending) return '';
    const locale = this.language.code();
    return `${bytesText(sending.sent, locale)} / ${bytesText(sending.all, locale)}`;
  });

  constructor() {
    keepFresh(() => this.list.reload(), FRESH_MS);
    inject(DestroyRef).onDestroy(() => this.upload?.cancel());
  }

  protected drop(event: DragEvent): void {
    event.preventDefault();
    this.over.set(false);
    const file = event.dataTransfer?.files[0];
    if (file) void this.send(file);
  }

  protected choose(input: HTMLInputElement): void {
    const file = input.files?.[0];
    input.value = '';
    if (file) void this.send(file);
  }

  protected async send(file: File): Promise<void> {
    if (this.sending()) return;
    const refused = refusedAtOnce(file);
    this.refusal.set(refused ? this.words.refusal({ code: refused, message: refused }) : '');
    if (refused) return;
    this.sending.set({ name: file.name, sent: 0, all: file.size });
    this.upload = uploadFile(file, this.kind(), (sent, all) => this.sending.set({ name: file.name, sent, all }));
    try {
      const run = await this.upload.answer;
      await this.router.navigate(['/admin/importar', run.run]);
    } catch (error) {
      this.refusal.set(this.words.problem(error));
    } finally {
      this.sending.set(null);
      this.upload = null;
    }
  }

  protected cancel(): void {
    this.upload?.cancel();
  }

  protected size(bytes: number): string {
    return bytesText(bytes, this.language.code());
  }
}
