import { Component, computed, DestroyRef, effect, inject, input, signal, untracked } from '@angular/core';
import { Router, RouterLink } from '@angular/router';
import { TranslocoDirective } from '@jsverse/transloco';
import type { ImportRun } from '#contracts/imports';
import { Api } from '../../api/api.ts';
import { type LiveEvents, openLiveEvents } from '../../api/live-events.ts';
import { remote } from '../../api/remote.ts';
import { Formats } from '../../language/formats.ts';
import { Language } from '../../language/language.ts';
import { Session } from '../../session/session.ts';
import { asMinutes } from '../../ui/remaining-time.ts';
import { Announcer, Button, Dialog, Failure, Icon, Progress, Stale, Steps } from '../../ui/index.ts';
import { ErrorList } from './error-list.ts';
import { ImportWords } from './import-words.ts';
import { PlanTable } from './plan-table.ts';
import { bytesText, countsOf, isMoving, secondsToGo, stepOf } from './run-steps.ts';
import { Understood } from './understood.ts';

type Deed = 'apply' | 'cancel' | 'resume' | 'undo';

/** /admin/importar/:run: what we understood → plan → progress and result. Follows the run live. */
@Component({
  selector: 'pt-import-run-page',
  imports: [
    Button,
    Dialog,
    ErrorList,
    Failure,
    Icon,
    PlanTable,
    Progress,
    RouterLink,
    Stale,
    Steps,
    TranslocoDirective,
    Understood,
  ],
  templateUrl: './import-run-page.html',
})
export class ImportRunPage {
  readonly run = input.required<string>();
  readonly passo = input<string>();
  protected readonly formats = inject(Formats);
  protected readonly language = inject(Language);
  protected readonly words = inject(ImportWords);
  protected readonly session = inject(Session);
  private readonly api = inject(Api);
  private readonly router = inject(Router);
  private readonly announcer = inject(Announcer);
  private live: LiveEvents | null = null;

  protected readonly path = computed(() => `/api/admin/imports/${encodeURIComponent(this.run())}`);
  protected readonly remote = remote(
    () => this.path(),
    (path, signal) => this.api.get<ImportRun>(path, {}, signal),
  );
  protected readonly lost = signal(false);
  protected readonly doing = signal<Deed | null>(null);
  protected readonly asking = signal<'apply' | 'undo' | null>(null);
  protected readonly refusal = signal('');
  protected readonly step = computed(() => {
    const run = this.remote.value();
    return run ? stepOf(run, this.passo()) : 0;
  });
  protected readonly moving = computed(() => {
    const run = this.remote.value();
    return run ? isMoving(run.status) : false;
  });
  protected readonly movingWords = computed(() => {
    const run = this.remote.value();
    if (run?.status === 'applying') return { label: 'statuses.applying', text: 'applyingText' };
    if (run && !run.dryRun) return { label: 'preparing', text: 'preparingText' };
    return { label: `statuses.${run?.status ?? 'planning'}`, text: 'planningText' };
  });
  protected readonly speed = computed(() => {
    const run = this.remote.value();
    if (!run) return '';
    const parts = [`${this.formats.number(run.rowsDone)} / ${this.formats.number(run.rows)}`];
    if (run.rowsPerSecond > 0) {
      const speed = this.formats.number(Math.round(run.rowsPerSecond));
      parts.push(this.language.say('backOffice.imports.perSecond', { speed }));
    }
    const left = secondsToGo(run);
    if (left !== null) parts.push(this.language.say('backOffice.imports.toGo', { time: asMinutes(left) }));
    return parts.join(' · ');
  });

  constructor() {
    // Live only while something moves: a run that is over never changes by itself.
    effect(() => {
      const moving = this.moving();
      const path = this.path();
      untracked(() => this.follow(moving ? path : null));
    });
    let before: string | undefined;
    effect(() => {
      const status = this.remote.value()?.status;
      if (before && status && status !== before) {
        this.announcer.say(this.language.say(`backOffice.imports.statuses.${status}`));
      }
      before = status;
    });
    inject(DestroyRef).onDestroy(() => this.follow(null));
  }

  protected size(bytes: number): string {
    return bytesText(bytes, this.language.code());
  }

  /** '1 sessão e 60 ingressos'; empty when there is nothing. */
  protected things(run: ImportRun, deed: 'created' | 'updated'): string {
    const parts = countsOf(run)
      .filter(({ counts }) => counts[deed] > 0)
      .map(({ entity, counts }) => this.language.count(`backOffice.imports.counted.${entity}`, counts[deed]));
    return new Intl.ListFormat(this.language.code(), { type: 'conjunction' }).format(parts);
  }

  protected toPlan(): void {
    void this.router.navigate([], { queryParams: { passo: 'plano' } });
  }

  protected async perform(deed: Deed): Promise<void> {
    this.doing.set(deed);
    this.refusal.set('');
    try {
      const run = await this.api.post<ImportRun>(`${this.path()}/${deed}`, undefined, { intention: deed });
      if (run) this.remote.put(run);
      else this.remote.reload();
      this.asking.set(null);
    } catch (error) {
      this.refusal.set(this.words.problem(error));
    } finally {
      this.doing.set(null);
    }
  }

  private follow(path: string | null): void {
    this.live?.close();
    this.live = null;
    this.lost.set(false);
    if (!path) return;
    this.live = openLiveEvents(`${path}/live`, {
      events: { run: (run) => this.remote.put(run as ImportRun) },
      opened: () => this.lost.set(false),
      lost: () => this.lost.set(true),
    });
  }
}
