import { Component, computed, DestroyRef, effect, inject, input, signal, viewChild } from '@angular/core';
import { Router, RouterLink } from '@angular/router';
import { TranslocoDirective } from '@jsverse/transloco';
import type { HeldOrder, OrderView } from '#contracts/orders';
import type { BestSeatsAnswer, ScreeningDetail } from '#contracts/screenings';
import type { PlannedSeat } from '#contracts/seat-plan';
import type { SeatSnapshot } from '#contracts/seat-states';
import { Api } from '../api/api.ts';
import { ApiProblem } from '../api/api-problem.ts';
import { remote } from '../api/remote.ts';
import { recall, remember } from '../api/remembered.ts';
import { getSeat, loneSeats, SEAT_STATES, TICKETS_PER_BUYER_MAX } from '../contracts.ts';
import { Formats } from '../language/formats.ts';
import { Language } from '../language/language.ts';
import { Session } from '../session/session.ts';
import { NotFound } from '../shell/not-found.ts';
import { PageTitle } from '../shell/page-title.ts';
import { Announcer, Button, Countdown, Dialog, Empty, Failure, Icon, RatingMark, Stale, Stepper } from '../ui/index.ts';
import { keepChoice, recallChoice } from './kept-choice.ts';
import { followSeats } from './follow-seats.ts';
import { OrderPanel } from './order-panel.ts';
import { SeatLegend } from './seat-legend.ts';
import { SeatList } from './seat-list.ts';
import { SeatMap } from './seat-map.ts';
import { type ChosenSeat, nearestEqual, partLost, priceOf, toggleSeat } from './seat-map-selection.ts';

const AVAILABLE = 0;

type Lost = { seatNo: number; label: string; instead: number | null; insteadLabel: string };

/** Choosing seats, live, and holding them. */
@Component({
  selector: 'pt-seats-page',
  imports: [
    Button,
    Countdown,
    Dialog,
    Empty,
    Failure,
    Icon,
    NotFound,
    OrderPanel,
    RatingMark,
    RouterLink,
    SeatLegend,
    SeatList,
    SeatMap,
    Stale,
    Stepper,
    TranslocoDirective,
  ],
  templateUrl: './seats-page.html',
})
export class SeatsPage {
  readonly id = input.required<string>();
  protected readonly formats = inject(Formats);
  protected readonly language = inject(Language);
  private readonly api = inject(Api);
  private readonly session = inject(Session);
  private readonly router = inject(Router);
  private readonly announcer = inject(Announcer);
  private readonly pageTitle = inject(PageTitle);
  private readonly map = viewChild(SeatMap);

  protected readonly screeningId = computed(() => Number(this.id()));
  protected readonly screening = remote(
    () => this.id(),
    (id, signal) => this.api.get<ScreeningDetail>(`/api/screenings/${encodeURIComponent(id)}`, {}, signal),
  );
  protected readonly unknown = computed(() => {
    const error = this.screening.error();
    return error instanceof ApiProblem && (error.status === 404 || error.status === 422);
  });
  protected readonly live = followSeats(
    this.screeningId,
    (id) => this.api.get<SeatSnapshot>(`/api/screenings/${id}/seats`),
    (saleState) => this.saleChanged(saleState),
  );
  protected readonly chosen = signal<readonly ChosenSeat[]>([]);
  protected readonly chosenNos = computed(() => new Set(this.chosen().map((seat) => seat.seatNo)));
  protected readonly lost = signal<readonly Lost[]>([]);
  protected readonly view = signal(recall('seat-view') === 'list' ? 'list' : 'map');
  protected readonly partySize = signal(2);
  protected readonly busy = signal(false);
  protected readonly searching = signal(false);
  protected readonly refusal = signal('');
  /** An order of this tab that still holds seats here: going back from the payment finds everything as it was. */
  protected readonly running = signal<HeldOrder | null>(null);
  protected readonly runningSkew = signal(0);
  protected readonly runningSeats = computed(() =>
    (this.running()?.lines ?? []).map((line) => this.label(line.seatNo)).join(', '),
  );
  protected readonly orderedNos = computed(() => new Set((this.running()?.lines ?? []).map((line) => line.seatNo)));

  private readonly byNo = computed(
    () => new Map((this.screening.value()?.plan.seats ?? []).map((seat) => [seat.no, seat] as const)),
  );
  protected readonly prices = computed(() => {
    const screening = this.screening.value();
    return {
      priceCents: screening?.priceCents ?? 0,
      exceptions: new Map(screening?.priceExceptions ?? []),
      feeBasisPoints: screening?.feeBasisPoints ?? 0,
    };
  });
  protected readonly lonely = computed(() => {
    const screening = this.screening.value();
    const states = this.live.states();
    if (!screening || !states || this.chosen().length === 0) return [];
    return loneSeats(screening.plan, states, [...this.chosenNos()]).map((no) => this.label(no));
  });
  protected readonly onSale = computed(() => {
    const state = this.screening.value()?.saleState;
    return state === 'on_sale' || state === 'sold_out';
  });
  /** A sale that only waits still shows its room; after the end there is nothing to look for. */
  protected readonly roomShown = computed(() => {
    const state = this.screening.value()?.saleState;
    return this.onSale() || state === 'paused' || state === 'not_yet';
  });
  /** Stands in until the first snapshot, while the room is drawn but not seen. */
  protected readonly noStates = new Uint8Array(0);
  /** A wheelchair space that was pressed: taken only after the word that there is no seat. */
  protected readonly asked = signal<PlannedSeat | null>(null);
  protected readonly describe = (seat: PlannedSeat): string => this.sentence(seat);

  constructor() {
    effect(() => this.begin(this.screeningId()));
    effect(() => {
      const screening = this.screening.value();
      if (screening) this.pageTitle.name(this.language.say('seats.pageTitle', { movie: screening.movie.title }));
    });
    effect(() => keepChoice(this.screeningId(), { chosen: this.chosen(), orderId: this.running()?.orderId ?? null }));
    effect(() => {
      const states = this.live.states();
      if (states && this.screening.value()) this.noticeLost(states);
    });
    inject(DestroyRef).onDestroy(() => this.live.close());
  }

  protected label(no: number): string {
    return this.byNo().get(no)?.label ?? String(no);
  }

  protected press(no: number): void {
    const states = this.live.states();
    const seat = this.byNo().get(no);
    if (!states || !seat) return;
    if (!this.onSale()) {
      this.announcer.say(this.language.say(`saleLong.${this.screening.value()!.saleState}`));
      return;
    }
    if (seat.kind === 'wheelchair' && !this.chosenNos().has(no) && getSeat(states, no) === AVAILABLE) {
      this.asked.set(seat);
      return;
    }
    this.toggle(seat, states);
  }

  protected takeAsked(): void {
    const [seat, states] = [this.asked(), this.live.states()];
    this.asked.set(null);
    if (seat && states) this.toggle(seat, states);
  }

  private toggle(seat: PlannedSeat, states: Uint8Array): void {
    const no = seat.no;
    this.refusal.set('');
    const { chosen, refused } = toggleSeat(this.chosen(), no, states, TICKETS_PER_BUYER_MAX - this.orderedNos().size);
    this.chosen.set(chosen);
    if (seat.kind !== 'standard' && this.chosenNos().has(no)) {
      const kind = this.language.say(`seats.kind.${seat.kind}`);
      this.announcer.say(this.language.say('seats.kindChosen', { seat: seat.label, kind }));
    }
    if (refused) this.announcer.say(this.language.say(`seats.refused.${refused}`, { seat: seat.label }));
    if (refused === 'limit') this.refusal.set(this.language.say('seats.refused.limit'));
    this.lost.update((list) => list.filter((lost) => lost.seatNo !== no));
  }

  protected dismiss(lost: Lost): void {
    this.lost.update((list) => list.filter((other) => other !== lost));
  }

  protected takeInstead(lost: Lost): void {
    this.dismiss(lost);
    if (lost.instead === null) return;
    this.press(lost.instead);
    this.map()?.focusSeat(lost.instead);
  }

  protected async takeBest(): Promise<void> {
    this.searching.set(true);
    this.refusal.set('');
    try {
      const best = await this.api.get<BestSeatsAnswer>(`/api/screenings/${this.id()}/best-seats`, {
        count: this.partySize(),
      });
      this.chosen.set(best.seatNos.map((seatNo) => ({ seatNo, kind: 'full' as const })));
      const seats = best.seatNos.map((no) => this.label(no)).join(', ');
      this.announcer.say(this.language.say(best.together ? 'seats.bestTogether' : 'seats.bestApart', { seats }));
      if (!best.together) this.refusal.set(this.language.say('seats.bestApart', { seats }));
    } catch (error) {
      this.refusal.set(this.language.problem(error));
    }
    this.searching.set(false);
  }

  protected show(view: 'map' | 'list'): void {
    this.view.set(view);
    remember('seat-view', view);
  }

  protected async hold(): Promise<void> {
    if (this.busy() || this.chosen().length === 0) return;
    this.refusal.set('');
    const wanted = this.chosen();
    if (!(await this.session.requireBuyer())) return;
    // Signing in takes a while. What was lost meanwhile was told behind the dialog, and nobody gets half of their seats unasked.
    const gone = wanted.filter((seat) => !this.chosenNos().has(seat.seatNo));
    if (gone.length > 0) {
      const seats = gone.map((seat) => this.label(seat.seatNo)).join(', ');
      this.refusal.set(this.language.count('seats.lostMeanwhile', gone.length, { seats }));
      return;
    }
    this.busy.set(true);
    try {
      const seats = this.chosen().map((seat) => ({ seatNo: seat.seatNo, kind: seat.kind }));
      const order = await this.api.post<HeldOrder>(`/api/screenings/${this.id()}/holds`, { seats });
      keepChoice(this.screeningId(), { chosen: [], orderId: order.orderId });
      this.chosen.set([]);
      this.running.set(order);
      await this.router.navigate(['/pedido', order.orderId, 'pagar']);
    } catch (error) {
      await this.explain(error);
    }
    this.busy.set(false);
  }

  /** Gives the running order's seats back, so that others may be chosen. */
  protected async release(): Promise<void> {
    const order = this.running();
    if (!order) return;
    this.busy.set(true);
    try {
      await this.api.send('DELETE', `/api/orders/${order.orderId}`);
      this.running.set(null);
      this.chosen.set(order.lines.map((line) => ({ seatNo: line.seatNo, kind: line.kind as ChosenSeat['kind'] })));
      void this.live.refresh();
    } catch (error) {
      this.refusal.set(this.language.problem(error));
    }
    this.busy.set(false);
  }

  private begin(screeningId: number): void {
    const kept = recallChoice(screeningId);
    this.chosen.set(kept.chosen);
    this.lost.set([]);
    this.running.set(null);
    if (kept.orderId) void this.findRunning(kept.orderId);
  }

  private async findRunning(orderId: string): Promise<void> {
    const order = await this.api.get<OrderView>(`/api/orders/${orderId}`).catch(() => null);
    if (!order || (order.state !== 'held' && order.state !== 'awaiting_payment')) return;
    this.runningSkew.set(Date.parse(order.serverTime) - Date.now());
    this.running.set(order);
  }

  /** The sale was paused or goes on while somebody chooses: said once, and the choice stays. */
  private saleChanged(saleState: ScreeningDetail['saleState']): void {
    const screening = this.screening.value();
    if (!screening || screening.saleState === saleState) return;
    this.screening.put({ ...screening, saleState });
    this.announcer.say(this.language.say(`saleLong.${saleState}`), 'assertive');
  }

  /** Only what touches my choice is spoken; everything else just changes on the map. */
  private noticeLost(states: Uint8Array): void {
    const { kept, lost } = partLost(this.chosen(), states);
    if (lost.length === 0 || this.busy()) return;
    const seats = this.screening.value()!.plan.seats;
    this.chosen.set(kept);
    const found: Lost[] = [];
    for (const seat of lost) {
      const others = [
        ...kept,
        ...found.flatMap((other) => (other.instead ? [{ seatNo: other.instead, kind: 'full' as const }] : [])),
      ];
      const instead = nearestEqual(seats, seat.seatNo, states, others);
      const insteadLabel = instead === null ? '' : this.label(instead);
      found.push({ seatNo: seat.seatNo, label: this.label(seat.seatNo), instead, insteadLabel });
    }
    this.lost.update((list) => [...list, ...found].slice(-TICKETS_PER_BUYER_MAX));
    const names = found.map((seat) => seat.label).join(', ');
    this.announcer.say(this.language.count('seats.lostSpoken', found.length, { seats: names }), 'assertive');
  }

  private async explain(error: unknown): Promise<void> {
    if (error instanceof ApiProblem && (error.code === 'sign_in_required' || error.code === 'cpf_required')) {
      this.session.expired();
      await this.session.refresh();
      if (await this.session.requireBuyer()) setTimeout(() => void this.hold());
      return;
    }
    this.refusal.set(this.language.problem(error));
    if (error instanceof ApiProblem && ['seat_taken', 'seat_unknown', 'half_price_exhausted'].includes(error.code)) {
      this.busy.set(false);
      await this.live.refresh();
    }
    if (error instanceof ApiProblem && error.code === 'screening_closed') this.screening.reload();
  }

  private sentence(seat: PlannedSeat): string {
    const states = this.live.states();
    const mine = this.chosenNos().has(seat.no) || this.orderedNos().has(seat.no);
    const state = mine ? 'mine' : (SEAT_STATES[states ? getSeat(states, seat.no) : 3] ?? 'blocked');
    const number = seat.label.startsWith(seat.row) ? seat.label.slice(seat.row.length) : seat.label;
    const parts = [this.language.say('seats.sentence', { row: seat.row, number })];
    if (seat.kind !== 'standard') parts.push(this.language.say(`seats.state.${seat.kind}`));
    parts.push(this.language.say(`seats.spoken.${state}`));
    if (state === 'available' || state === 'mine') parts.push(this.formats.money(priceOf(this.prices(), seat.no)));
    return parts.join(', ');
  }
}
