import {
  Component,
  computed,
  effect,
  ElementRef,
  inject,
  input,
  output,
  signal,
  untracked,
  viewChild,
} from '@angular/core';
import { TranslocoDirective } from '@jsverse/transloco';
import type { PlannedSeat, SeatPlan } from '#contracts/seat-plan';
import { getSeat, SEAT_STATES } from '../contracts.ts';
import { Language } from '../language/language.ts';
import { Icon } from '../ui/index.ts';
import { createSeatNavigation, type Direction } from './seat-map-navigation.ts';
import { followPinch } from './pinch.ts';

/** Units of the drawing: a place is 40 wide and 40 deep. */
const PLACE = 40;
const MARGIN = 4;
/** Row letters stand in strips of this width at both edges of what is seen, beside the seats and never on them. */
const LETTERS_PX = 20;
const SCREEN_DEPTH = 64;
const TARGET_MIN_PX = 24;
const TARGET_ZOOMED_PX = 44;

const ARROWS: Record<string, Direction> = {
  ArrowLeft: 'left',
  ArrowRight: 'right',
  ArrowUp: 'up',
  ArrowDown: 'down',
};

type Row = { y: number; letter: string; seats: PlannedSeat[] };

/** The room as it is. Thin: what keys and taps mean stands in seat-map-navigation and seat-map-selection. */
@Component({
  selector: 'pt-seat-map',
  imports: [Icon, TranslocoDirective],
  templateUrl: './seat-map.html',
  host: { '[style.--room-ratio]': 'width() / height()', '[style.--room-units]': 'height()' },
})
export class SeatMap {
  readonly plan = input.required<SeatPlan>();
  readonly states = input.required<Uint8Array>();
  readonly chosen = input.required<ReadonlySet<number>>();
  /** Seats of this buyer's own running order: shown as held, but mine. */
  readonly ordered = input<ReadonlySet<number>>(new Set());
  readonly describe = input.required<(seat: PlannedSeat) => string>();
  readonly press = output<number>();

  protected readonly language = inject(Language);
  private readonly frame = viewChild<ElementRef<HTMLElement>>('frame');
  private readonly host = inject<ElementRef<HTMLElement>>(ElementRef);
  private readonly frameWidth = signal(0);
  protected readonly zoom = signal(1);
  protected readonly focusNo = signal(0);

  protected readonly width = computed(() => this.plan().width * PLACE + 2 * MARGIN);
  protected readonly height = computed(() => this.plan().height * PLACE + SCREEN_DEPTH + 12);
  protected readonly rows = computed(() => rowsOf(this.plan().seats));
  /** Whether seats lie beyond the edges: the map fades out there, so that nobody takes what is seen for the room. */
  private readonly scrolled = signal(0);
  protected readonly moreLeft = computed(() => this.scrolled() > 4);
  protected readonly moreRight = computed(() => this.scrolled() + this.frameWidth() < this.drawnWidth() - 4);
  private readonly navigation = computed(() => createSeatNavigation(this.plan().seats));
  /** Pixels of one place when the whole room is shown. */
  private readonly fitPx = computed(() => (this.frameWidth() / this.width()) * PLACE);
  protected readonly placePx = computed(() => this.fitPx() * this.zoom());
  protected readonly drawnWidth = computed(() => this.frameWidth() * this.zoom());
  protected readonly zoomMax = computed(() => Math.max(2.5, TARGET_ZOOMED_PX / Math.max(1, this.fitPx())));
  protected readonly tabStop = computed(() => this.focusNo() || this.navigation().entry((seat) => this.inviting(seat)));

  constructor() {
    effect((cleanUp) => {
      const frame = this.frame()?.nativeElement;
      if (!frame) return;
      // At once, so that the room never appears without its size and pushes what stands below.
      untracked(() => this.measure(frame.clientWidth));
      const watch = new ResizeObserver(([entry]) => this.measure(entry?.contentRect.width ?? 0));
      watch.observe(frame);
      const unpinch = followPinch(frame, (factor, x, y) => this.zoomTo(this.zoom() * factor, x, y));
      cleanUp(() => {
        watch.disconnect();
        unpinch();
      });
    });
  }

  protected onScroll(event: Event): void {
    this.scrolled.set((event.target as HTMLElement).scrollLeft);
  }

  protected look(no: number): string {
    if (this.chosen().has(no) || this.ordered().has(no)) return 'mine';
    return SEAT_STATES[getSeat(this.states(), no)] ?? 'blocked';
  }

  /** Where a row's letter stands, in pixels from the top. */
  protected letterTop(rowY: number): number {
    return ((this.y(rowY) + PLACE / 2) * this.placePx()) / PLACE;
  }

  protected x(seat: PlannedSeat): number {
    return seat.x * PLACE + MARGIN;
  }

  protected y(rowY: number): number {
    return rowY * PLACE + SCREEN_DEPTH;
  }

  protected onKey(event: KeyboardEvent, seat: PlannedSeat): void {
    const direction = ARROWS[event.key];
    if (direction) this.moveTo(event, this.navigation().toward(seat.no, direction));
    else if (event.key === 'Home') this.moveTo(event, this.navigation().rowStart(seat.no));
    else if (event.key === 'End') this.moveTo(event, this.navigation().rowEnd(seat.no));
    else if (event.key === ' ' || event.key === 'Enter') {
      event.preventDefault();
      this.press.emit(seat.no);
    } else if (event.key === '+' || event.key === '=') this.zoomTo(this.zoom() * 1.4);
    else if (event.key === '-') this.zoomTo(this.zoom() / 1.4);
  }

  /** A tap on a map too small for fingers comes nearer first, and takes the seat only when it can be hit. */
  protected onTap(event: MouseEvent, seat: PlannedSeat): void {
    this.focusNo.set(seat.no);
    const byFinger = event.detail > 0 && matchMedia('(pointer: coarse)').matches;
    if (byFinger && this.placePx() < TARGET_MIN_PX - 0.5) {
      return this.zoomTo(TARGET_ZOOMED_PX / this.fitPx(), event.clientX, event.clientY);
    }
    this.press.emit(seat.no);
  }

  /** Keeps the point under the fingers (or the middle) where it is. */
  protected zoomTo(wanted: number, clientX?: number, clientY?: number): void {
    const frame = this.frame()?.nativeElement;
    if (!frame) return;
    const box = frame.getBoundingClientRect();
    const dx = (clientX ?? box.left + box.width / 2) - box.left - LETTERS_PX;
    const dy = (clientY ?? box.top + box.height / 2) - box.top;
    const before = this.zoom();
    const after = Math.min(this.zoomMax(), Math.max(1, wanted));
    if (after === before) return;
    const left = (frame.scrollLeft + dx) * (after / before) - dx;
    const top = (frame.scrollTop + dy) * (after / before) - dy;
    this.zoom.set(after);
    requestAnimationFrame(() => frame.scrollTo({ left, top, behavior: 'instant' }));
  }

  focusSeat(no: number): void {
    this.focusNo.set(no);
    requestAnimationFrame(() => this.element(no)?.focus());
  }

  private inviting(seat: PlannedSeat): boolean {
    return seat.kind !== 'wheelchair' && this.look(seat.no) === 'available';
  }

  private moveTo(event: Event, no: number): void {
    event.preventDefault();
    this.focusNo.set(no);
    this.element(no)?.focus();
  }

  private element(no: number): SVGElement | null {
    return this.host.nativeElement.querySelector<SVGElement>(`[data-seat="${no}"]`);
  }

  /** On a phone the first look is the smallest at which a seat can be hit; wide rooms then scroll sideways. */
  private measure(frameWidth: number): void {
    const first = this.frameWidth() === 0;
    const width = Math.max(0, frameWidth - 2 * LETTERS_PX);
    this.frameWidth.set(width);
    if (!first || this.fitPx() >= TARGET_MIN_PX || width === 0) return;
    this.zoom.set(Math.min(TARGET_MIN_PX / this.fitPx(), 2));
    const frame = this.frame()?.nativeElement;
    if (!frame) return;
    requestAnimationFrame(() => frame.scrollTo({ left: (frame.scrollWidth - frame.clientWidth) / 2 }));
  }
}

function rowsOf(seats: readonly PlannedSeat[]): Row[] {
  const rows = new Map<number, Row>();
  for (const seat of seats) {
    const row = rows.get(seat.y) ?? { y: seat.y, letter: seat.row, seats: [] };
    row.seats.push(seat);
    rows.set(seat.y, row);
  }
  for (const row of rows.values()) row.seats.sort((a, b) => a.x - b.x);
  return [...rows.values()].sort((a, b) => a.y - b.y);
}
