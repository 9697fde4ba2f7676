import { type Occupancy, saleState, type ScreeningToSell } from '#capabilities/holds';
import { fillMoviePage, type MoviePage } from '#capabilities/search';
import type { ScreeningDetail } from '#contracts/screenings';
import { type Answer, type Remembered, remembered, rememberedText } from '#platform/remember';

export type LiveAnswerDeps = {
  occupancy: Pick<Occupancy, 'available'>;
  /** Counts up every 100 ms: how often a page looks again how full its screenings are. */
  beat(): number;
  /** By the database clock. */
  nowMs(): number;
};

/** A movie's page that writes itself anew when seats were taken or came free, at most once a beat. */
export function movieAnswer(deps: LiveAnswerDeps, page: MoviePage, first: readonly number[]): Answer {
  let counts = first;
  let seen = deps.beat();
  const render = () => rememberedText(fillMoviePage(page, counts, deps.nowMs()));
  let shown = render();
  return {
    first: shown,
    at: () => {
      const nowMs = deps.nowMs();
      if (nowMs >= page.untilMs) return null;
      if (deps.beat() === seen) return shown;
      seen = deps.beat();
      const now = page.screenings.map(({ screeningId }) => deps.occupancy.available(screeningId));
      if (!now.every((count) => count !== null)) return null;
      if (now.some((count, index) => count !== counts[index])) {
        counts = now;
        shown = render();
      }
      return shown;
    },
    // The pieces and the body; what is text is two bytes a letter at worst.
    bytes: shown.body.length * 3,
  };
}

/** A screening's page: one body for each state of its sale, each made when first needed. */
export function screeningAnswer(deps: LiveAnswerDeps, screening: ScreeningToSell, first: number): Answer {
  const { status: _status, salesOpenAtMs: _open, salesCloseAtMs: _close, ...shown } = screening;
  const bodies = new Map<ScreeningDetail['saleState'], Remembered>();
  const bodyAt = (available: number): Remembered => {
    const state = saleState(screening, available, deps.nowMs());
    let body = bodies.get(state);
    if (!body) bodies.set(state, (body = remembered({ ...shown, saleState: state } satisfies ScreeningDetail)));
    return body;
  };
  const made = bodyAt(first);
  return {
    first: made,
    at: () => {
      const available = deps.occupancy.available(screening.screeningId);
      return available === null ? null : bodyAt(available);
    },
    // On sale and sold out, and what they are made of.
    bytes: made.body.length * 4,
    topics: [
      `screenings ${screening.screeningId}`,
      `movies ${screening.movie.movieId}`,
      `theaters ${screening.theater.theaterId}`,
      `auditoriums ${screening.auditorium.auditoriumId}`,
    ],
  };
}
