import {
  Component,
  computed,
  DestroyRef,
  effect,
  type ElementRef,
  inject,
  input,
  type OnInit,
  signal,
  viewChild,
} from '@angular/core';
import { RouterLink } from '@angular/router';
import { TranslocoDirective } from '@jsverse/transloco';
import type { DoorScreening } from '#contracts/door';
import { ApiProblem } from '../../api/api-problem.ts';
import { Api } from '../../api/api.ts';
import { recall, remember } from '../../api/remembered.ts';
import { Formats } from '../../language/formats.ts';
import { Language } from '../../language/language.ts';
import { Button, Field, Icon, Input, Toasts } from '../../ui/index.ts';
import { keepList, keptList } from '../kept-list.ts';
import { type Camera, type CameraRefusal, openCamera } from './camera.ts';
import { createGate, type Gate } from './gate.ts';
import { loadQrReader } from './read-qr.ts';
import { createBurstReader, createRepeatGuard } from './scan-input.ts';
import { createSound } from './sound.ts';
import { keepAwake } from './keep-awake.ts';
import { isJudged, LOOKS } from './verdict-look.ts';
import { VerdictScreen } from './verdict-screen.ts';

const COUNTS_EVERY_MS = 5_000;
const SURE_WITHIN_MS = 4_000; // Undo is pressed twice: gloves touch by mistake.
const SAME_QR_PAUSE_MS = 2_500;

/** /porta/:id: camera, scanner or typed code; one verdict a second. */
@Component({
  selector: 'pt-gate-page',
  imports: [Button, Field, Icon, Input, RouterLink, TranslocoDirective, VerdictScreen],
  template: `
    <div class="gate" *transloco="let t; prefix: 'door.gate'" [attr.inert]="gate.shown() ? '' : null">
      <header class="gate-head">
        <a ptButton="quiet" class="button-icon" routerLink="/porta" [attr.aria-label]="t('back')"><pt-icon name="back"
          [size]="26" /></a>
        <div class="gate-what">
          <h1>{{ screening()?.movieTitle ?? t('title') }}</h1>
          @if (screening(); as one) {
            <p class="small soft">{{ formats.time(one.localTime) }} · {{ one.auditoriumName }} · {{ gateName() }}</p>
          }
        </div>
        @if (gate.counts(); as counts) {
          <p class="gate-count numbers"><b>{{ formats.number(counts.admitted) }}</b>
          <span>/{{ formats.number(counts.sold) }}</span><span class="small soft">{{ t('inside') }}</span></p>
        }
      </header>
      @if (!gate.online()) {
        <div class="notice notice-danger gate-offline" role="alert">
          <pt-icon name="offline" [size]="26" /><div><b>{{ t('offlineTitle') }}</b> {{ t('offlineText') }}</div>
        </div>
      }
      <main class="gate-main">
        <div class="gate-view" [class.gate-view-on]="on()">
          <video #video playsinline muted [attr.aria-label]="t('view')"></video>
          @if (on()) {
            <i class="gate-aim" aria-hidden="true"></i>
            <p class="gate-hint">{{ gate.asking() ? t('asking') : t('aim') }}</p>
            <div class="gate-view-tools">
              @if (torch()) {
                <button type="button" class="gate-tool" [attr.aria-pressed]="lit()" [attr.aria-label]="t('torch')"
                  (click)="light()"><pt-icon name="sun" [size]="26" /></button>
              }
              <button type="button" class="gate-tool" [attr.aria-label]="t('cameraOff')" (click)="stopCamera()">
              <pt-icon name="close" [size]="26" /></button>
            </div>
          } @else {
            <div class="gate-off">
              <pt-icon name="camera" [size]="64" />
              @if (refusal(); as why) {
                <p role="alert">{{ t('camera.' + why) }}</p>
              } @else {
                <p>{{ t('cameraText') }}</p>
              }
              <button ptButton="primary" size="large" type="button" [busy]="opening()"
                (click)="startCamera()">{{ t('cameraOn') }}</button>
            </div>
          }
        </div>
        <div class="gate-side">
          <form class="gate-code" (submit)="sendTyped($event)">
            <pt-field [label]="t('code')">
              <input ptInput #code class="gate-code-input" autocomplete="off" autocapitalize="characters"
                spellcheck="false"
                maxlength="300" enterkeyhint="go" [placeholder]="t('codeExample')" [value]="typed()"
                (input)="typed.set(code.value)" />
            </pt-field>
            <button ptButton="primary" size="large" type="submit" [busy]="gate.asking()">{{ t('check') }}</button>
          </form>
          <p class="small soft">{{ t('scannerHint') }}</p>
          <section [attr.aria-label]="t('last')">
            <ol role="list" class="gate-last">
              @for (past of gate.history().slice(0, shownMax); track past.id) {
                <li [attr.data-tone]="looks[past.said].tone" [class.gate-undone]="past.undone">
                  <pt-icon [name]="looks[past.said].sign" [size]="20" />
                  <span class="strong">{{ past.verdict?.seatLabel ?? '—' }}</span>
                  <span>{{ language.say('door.short.' + (past.undone ? 'undone' : past.said)) }}</span>
                  <span class="small soft numbers">{{ formats.clock(past.at) }}</span>
                </li>
              } @empty {
                <li class="soft">{{ t('nothingYet') }}</li>
              }
            </ol>
          </section>
        </div>
      </main>
      <footer class="gate-foot">
        <button ptButton="secondary" size="large" type="button" [attr.aria-pressed]="loud()" (click)="toggleSound()">
          <pt-icon [name]="loud() ? 'sound' : 'mute'" /> <span>{{ t('sound') }}</span>
        </button>
        <button size="large" type="button" class="gate-undo" [ptButton]="sure() ? 'danger' : 'secondary'"
          [disabled]="!gate.undoable()" (click)="undo()">
          <pt-icon name="undo" /> {{ t(sure() ? 'undoSure' : 'undo', { seat: undoSeat() }) }}
        </button>
      </footer>
    </div>
    @if (gate.shown(); as shown) {
      <pt-verdict-screen [shown]="shown" (next)="goOn()" />
    }
  `,
  host: { '(document:keydown)': 'onKey($event)' },
})
export class GatePage implements OnInit {
  readonly id = input.required<string>();
  protected readonly formats = inject(Formats);
  protected readonly language = inject(Language);
  private readonly api = inject(Api);
  private readonly toasts = inject(Toasts);
  private readonly whenGone = inject(DestroyRef);
  private readonly video = viewChild<ElementRef<HTMLVideoElement>>('video');
  private readonly sound = createSound();
  private readonly burst = createBurstReader();
  private readonly repeats = createRepeatGuard(SAME_QR_PAUSE_MS);
  private camera: Camera | null = null;
  private sureTimer: ReturnType<typeof setTimeout> | undefined;

  protected readonly looks = LOOKS;
  protected readonly shownMax = 6;
  protected gate!: Gate;
  protected readonly screening = signal<DoorScreening | null>(null);
  protected readonly typed = signal('');
  protected readonly on = signal(false);
  protected readonly opening = signal(false);
  protected readonly refusal = signal<CameraRefusal | null>(null);
  protected readonly torch = signal(false);
  protected readonly lit = signal(false);
  protected readonly loud = signal(recall('door-sound') !== 'off');
  protected readonly sure = signal(false);
  protected readonly gateName = computed(() => recall('gate') ?? this.language.say('door.gate.defaultName'));
  private focusedBefore: HTMLElement | null = null;

  constructor() {
    // A verdict makes the page behind it inert; whoever works by keyboard goes on where they were.
    effect(() => {
      if (this.gate.shown()) return;
      const before = this.focusedBefore;
      this.focusedBefore = null;
      setTimeout(() => before?.isConnected && before.focus());
    });
  }

  ngOnInit(): void {
    this.gate = createGate({
      api: this.api,
      screeningId: Number(this.id()),
      gate: () => this.gateName(),
      signal: (tone) => {
        const focused = document.activeElement;
        if (focused instanceof HTMLElement && !focused.closest('.verdict')) this.focusedBefore = focused;
        this.sound.play(tone, this.loud());
      },
    });
    void this.learnScreening();
    void this.gate.refreshCounts();
    const timer = setInterval(() => void this.gate.refreshCounts(), COUNTS_EVERY_MS);
    const up = () => void this.gate.refreshCounts();
    const down = () => this.gate.networkIs(false);
    addEventListener('online', up);
    addEventListener('offline', down);
    const sleepAgain = keepAwake();
    this.whenGone.onDestroy(() => {
      clearInterval(timer);
      clearTimeout(this.sureTimer);
      removeEventListener('online', up);
      removeEventListener('offline', down);
      sleepAgain();
      this.stopCamera();
      void this.sound.close();
    });
  }

  protected async startCamera(): Promise<void> {
    const video = this.video()?.nativeElement;
    if (!video) return;
    this.sound.wake();
    this.opening.set(true);
    this.refusal.set(null);
    const answer = await openCamera(video, loadQrReader, (text) => this.seen(text));
    this.opening.set(false);
    if ('refusal' in answer) {
      this.refusal.set(answer.refusal);
      return;
    }
    this.camera = answer.camera;
    this.torch.set(answer.camera.torch !== null);
    this.on.set(true);
  }

  protected stopCamera(): void {
    this.camera?.stop();
    this.camera = null;
    this.on.set(false);
    this.lit.set(false);
  }

  protected async light(): Promise<void> {
    this.lit.update((lit) => !lit);
    await this.camera?.torch?.(this.lit()).catch(() => this.lit.set(false));
  }

  protected toggleSound(): void {
    this.sound.wake();
    this.loud.update((loud) => !loud);
    remember('door-sound', this.loud() ? null : 'off');
  }

  protected async sendTyped(event: Event): Promise<void> {
    event.preventDefault();
    this.sound.wake();
    const text = this.typed();
    const said = await this.gate.scan(text);
    // Not judged: the code stays, to be sent again. What was typed meanwhile stays too.
    if (said && isJudged(said) && this.typed() === text) this.typed.set('');
  }

  protected onKey(event: KeyboardEvent): void {
    if (event.key === 'Escape' && this.gate.shown()) return this.goOn();
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    // In the code field a scanner types like a person and its Enter sends the form.
    if (event.target instanceof HTMLInputElement) return;
    const { swallow, text } = this.burst.feed({ key: event.key, at: event.timeStamp });
    if (swallow) event.preventDefault();
    if (text === null) return;
    this.sound.wake();
    void this.gate.scan(text);
  }

  protected undoSeat(): string {
    return this.gate.undoable()?.verdict?.seatLabel ?? '';
  }

  protected goOn(): void {
    this.gate.dismiss();
  }

  protected async undo(): Promise<void> {
    clearTimeout(this.sureTimer);
    if (!this.sure()) {
      this.sure.set(true);
      this.sureTimer = setTimeout(() => this.sure.set(false), SURE_WITHIN_MS);
      return;
    }
    this.sure.set(false);
    const seat = this.undoSeat();
    try {
      await this.gate.undo();
      this.repeats.forget();
      this.toasts.show('success', this.language.say('door.gate.undone', { seat }));
    } catch (error) {
      this.toasts.show('danger', this.sentence(error));
    }
  }

  private sentence(error: unknown): string {
    const key = `door.refusals.${error instanceof ApiProblem ? error.code : ''}`;
    const own = this.language.say(key);
    return own === key ? this.language.problem(error) : own;
  }

  private seen(text: string): void {
    // While a refusal waits for an answer the camera looks on, but only another ticket changes the screen.
    if (this.repeats.isNew(text, performance.now())) void this.gate.scan(text);
  }

  private async learnScreening(): Promise<void> {
    const known = () => keptList()?.screenings.find((one) => one.screeningId === Number(this.id())) ?? null;
    this.screening.set(known());
    if (this.screening()) return;
    try {
      keepList((await this.api.get<{ screenings: DoorScreening[] }>('/api/door/screenings')).screenings);
      this.screening.set(known());
    } catch {
      // The gate works without the title; the notice about the network says the rest.
    }
  }
}
