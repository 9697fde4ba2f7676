import { type Occupancy, saleState, type ScreeningToSell } from '#capabilities/holds';
import { fillMoviePage, type MoviePage } from '#capabilities/search';
import type { ScreeningDetail } from '#contracts/screenings';
import { asciiJson } from '#platform/ascii-json';
import { type Answer, type Remembered, rememberedBytes } from '#platform/remember';

export type LiveAnswerDeps = {
  occupancy: Pick<Occupancy, 'available'>;
  /** Counts up every 100 ms: how often a page looks again how full its screenings are. */
  beat(): number;
  /** By the database clock. */
  nowMs(): number;
};

/** A movie's page that writes itself anew when seats were taken or came free, at most once a beat. */
export function movieAnswer(deps: LiveAnswerDeps, page: MoviePage, first: readonly number[]): Answer {
  const counts = [...first];
  let seen = deps.beat();
  const render = () => {
    const { json, gaps } = fillMoviePage(page, counts, deps.nowMs());
    return rememberedBytes(json, page.tag + gaps);
  };
  let shown = render();
  return {
    first: shown,
    at: () => {
      const nowMs = deps.nowMs();
      if (nowMs >= page.untilMs) return null;
      if (deps.beat() === seen) return shown;
      seen = deps.beat();
      // Ten times a second for each page that is looked at: nothing is made while nothing has changed.
      let changed = false;
      for (let index = 0; index < counts.length; index += 1) {
        const count = deps.occupancy.available(page.screenings[index]!.screeningId);
        if (count === null) return null;
        if (count === counts[index]) continue;
        counts[index] = count;
        changed = true;
      }
      if (changed) shown = render();
      return shown;
    },
    // The pieces and the body.
    bytes: shown.body.length * 2,
  };
}

/**
 * A screening's page: one body for each state of its sale, each made when first needed. Of the screening itself only
 * text is kept: 300 seats as objects, 2,000 times, are what a full collection then has to walk through.
 */
export function screeningAnswer(deps: LiveAnswerDeps, screening: ScreeningToSell, first: number): Answer {
  const { status, salesOpenAtMs, salesCloseAtMs, ...shown } = screening;
  const sale = { status, salesOpenAtMs, salesCloseAtMs };
  const { screeningId, movie, theater, auditorium } = screening;
  const pageOf = (text: string, state: ScreeningDetail['saleState']) =>
    rememberedBytes(`${text},"saleState":"${state}"}`);
  const text = asciiJson(shown satisfies Omit<ScreeningDetail, 'saleState'>).slice(0, -1);
  const stateAt = (available: number) => saleState(sale, available, deps.nowMs());
  const firstState = stateAt(first);
  const made = pageOf(text, firstState);
  const textLength = text.length;
  const pages = new Map([[firstState, made]]);
  const bodyAt = (available: number): Remembered => {
    const state = stateAt(available);
    let page = pages.get(state);
    if (!page) pages.set(state, (page = pageOf(made.body.slice(0, textLength), state)));
    return page;
  };
  return {
    first: made,
    at: () => {
      const available = deps.occupancy.available(screeningId);
      return available === null ? null : bodyAt(available);
    },
    // Not yet, on sale, sold out, closed: more than four it never has.
    bytes: made.body.length * 4,
    topics: [
      `screenings ${screeningId}`,
      `movies ${movie.movieId}`,
      `theaters ${theater.theaterId}`,
      `auditoriums ${auditorium.auditoriumId}`,
    ],
  };
}
