import { computed, inject, type Signal } from '@angular/core';
import type { OrderView } from '#contracts/orders';
import type { ScreeningDetail } from '#contracts/screenings';
import type { SeatKind } from '#contracts/seat-plan';
import { Api } from '../api/api.ts';
import { remote } from '../api/remote.ts';

/** What kind of place each seat of the room is, by number: orders know only numbers and labels. Empty until known. */
export function seatKindsOf(order: Signal<OrderView | undefined>): Signal<ReadonlyMap<number, SeatKind>> {
  const api = inject(Api);
  // By itself a computed, so that an order that moves does not ask for the same room again.
  const screeningId = computed(() => order()?.screeningId);
  const screening = remote(screeningId, (id, signal) => api.get<ScreeningDetail>(`/api/screenings/${id}`, {}, signal));
  return computed(() => new Map((screening.value()?.plan.seats ?? []).map((seat) => [seat.no, seat.kind])));
}
