import { Component, computed, DestroyRef, effect, inject, input, signal, untracked } from '@angular/core';
import { RouterLink } from '@angular/router';
import { TranslocoDirective } from '@jsverse/transloco';
import type { AdminScreening } from '#contracts/admin';
import type { ScreeningDetail } from '#contracts/screenings';
import type { PlannedSeat } from '#contracts/seat-plan';
import { Api } from '../../api/api.ts';
import { type LiveEvents, openLiveEvents } from '../../api/live-events.ts';
import { remote } from '../../api/remote.ts';
import { createSeatFeed, type SeatFeedState } from '../../choose-seats/seat-feed.ts';
import { SeatMap } from '../../choose-seats/seat-map.ts';
import { getSeat, SEAT_STATES, type SeatDelta, type SeatSnapshot } from '../../contracts.ts';
import { Formats } from '../../language/formats.ts';
import { Language } from '../../language/language.ts';
import { PageTitle } from '../../shell/page-title.ts';
import { Button, Dialog, Failure, Icon, Stale, Toasts } from '../../ui/index.ts';
import { Meter } from '../../ui/charts/index.ts';
import { keepFresh } from '../keep-fresh.ts';
import { type Choice, countSeats, pressSeat, stillPossible } from './seat-choice.ts';

const FRESH_MS = 15_000;

/** /admin/sessao/:id: the room live; block seats, pause and resume sales, knowing whom it touches. */
@Component({
  selector: 'pt-screening-page',
  imports: [Button, Dialog, Failure, Icon, Meter, RouterLink, SeatMap, Stale, TranslocoDirective],
  templateUrl: './screening-page.html',
})
export class ScreeningPage {
  readonly id = input.required<string>();
  protected readonly formats = inject(Formats);
  protected readonly language = inject(Language);
  private readonly api = inject(Api);
  private readonly toasts = inject(Toasts);
  private readonly title = inject(PageTitle);
  private live: LiveEvents | null = null;

  protected readonly detail = remote(
    () => this.id(),
    (id, signal) => this.api.get<ScreeningDetail>(`/api/screenings/${encodeURIComponent(id)}`, {}, signal),
  );
  protected readonly facts = remote(
    () => this.id(),
    (id, signal) => this.api.get<AdminScreening>(`/api/admin/screenings/${encodeURIComponent(id)}`, {}, signal),
  );
  protected readonly room = signal<SeatFeedState | null>(null);
  protected readonly lostAt = signal<number | null>(null);
  protected readonly choice = signal<Choice | null>(null);
  protected readonly asking = signal<'pause' | 'resume' | 'seats' | null>(null);
  protected readonly busy = signal(false);
  protected readonly refusal = signal('');

  private readonly seats = computed(() => this.detail.value()?.plan.seats ?? []);
  protected readonly counts = computed(() => {
    const room = this.room();
    return room
      ? countSeats(
          room.states,
          this.seats().map((seat) => seat.no),
        )
      : null;
  });
  protected readonly share = computed(() => {
    const counts = this.counts();
    const all = this.seats().length;
    return counts && all > 0 ? counts.sold / all : 0;
  });
  protected readonly openWords = computed(() =>
    this.language.count('backOffice.screening.pauseOpen', this.facts.value()?.openOrders ?? 0, {
      seats: this.formats.number(this.counts()?.held ?? 0),
    }),
  );
  protected readonly soldWords = computed(() =>
    this.language.count('backOffice.screening.pauseSold', this.facts.value()?.paidOrders ?? 0, {
      seats: this.formats.number(this.counts()?.sold ?? 0),
    }),
  );
  protected readonly seatsWords = computed(() =>
    this.language.count(
      `backOffice.screening.${this.choice()?.deed === 'unblock' ? 'unblockText' : 'blockText'}`,
      this.choice()?.seatNos.length ?? 0,
    ),
  );
  protected readonly paused = computed(() => this.facts.value()?.status === 'paused');
  protected readonly chosen = computed<ReadonlySet<number>>(() => new Set(this.choice()?.seatNos));
  protected readonly chosenLabels = computed(() =>
    this.seats()
      .filter((seat) => this.chosen().has(seat.no))
      .map((seat) => seat.label)
      .join(', '),
  );
  protected readonly describe = computed(() => {
    const states = this.room()?.states;
    return (seat: PlannedSeat) =>
      this.language.say('backOffice.screening.seat', {
        row: seat.row,
        label: seat.label,
        state: this.language.say(
          `backOffice.seatStates.${states ? SEAT_STATES[getSeat(states, seat.no)] : 'available'}`,
        ),
      });
  });

  constructor() {
    keepFresh(() => this.facts.reload(), FRESH_MS);
    effect(() => {
      const id = this.id();
      untracked(() => this.watch(id));
    });
    effect(() => {
      const detail = this.detail.value();
      if (detail) this.title.name(`${detail.movie.title}, ${this.formats.time(detail.localTime)}`);
    });
    inject(DestroyRef).onDestroy(() => this.live?.close());
  }

  protected press(seatNo: number): void {
    const room = this.room();
    if (room) this.choice.set(pressSeat(this.choice(), seatNo, room.states));
  }

  protected ask(what: 'pause' | 'resume' | 'seats'): void {
    this.refusal.set('');
    this.asking.set(what);
  }

  protected async setStatus(status: 'paused' | 'on_sale'): Promise<void> {
    await this.perform(`/api/admin/screenings/${this.id()}/status`, { status }, `${status}Done`);
  }

  protected async applySeats(): Promise<void> {
    const choice = this.choice();
    if (!choice) return;
    const body = { seatNos: choice.seatNos, blocked: choice.deed === 'block' };
    if (await this.perform(`/api/admin/screenings/${this.id()}/blocks`, body, `${choice.deed}Done`))
      this.choice.set(null);
  }

  private async perform(path: string, body: unknown, done: string): Promise<boolean> {
    this.busy.set(true);
    this.refusal.set('');
    try {
      await this.api.post(path, body);
      this.asking.set(null);
      this.toasts.show('success', this.language.say(`backOffice.screening.${done}`));
      this.facts.reload();
      return true;
    } catch (error) {
      this.refusal.set(this.language.problem(error));
      return false;
    } finally {
      this.busy.set(false);
    }
  }

  private watch(id: string): void {
    this.live?.close();
    this.room.set(null);
    this.choice.set(null);
    const path = `/api/screenings/${encodeURIComponent(id)}`;
    const feed = createSeatFeed({
      changed: (state) => {
        this.room.set(state);
        this.choice.update((choice) => stillPossible(choice, state.states));
      },
      askSnapshot: () => void readSnapshot(),
    });
    const readSnapshot = async () => {
      try {
        feed.snapshot(await this.api.get<SeatSnapshot>(`${path}/seats`));
      } catch {
        this.lostAt.update((at) => at ?? Date.now());
      }
    };
    void readSnapshot();
    this.live = openLiveEvents(`${path}/live`, {
      events: {
        snapshot: (data) => feed.snapshot(data as SeatSnapshot),
        delta: (data) => feed.delta(data as SeatDelta),
      },
      opened: () => this.lostAt.set(null),
      lost: () => this.lostAt.update((at) => at ?? Date.now()),
    });
  }
}
