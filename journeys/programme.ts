import type { MovieDetail, SearchAnswer, ScreeningCard } from '#contracts/catalog';
import type { ScreeningDetail } from '#contracts/screenings';
import { type ApiPerson, until } from './api-person.ts';
import type { HouseFacts } from './house.ts';

/** The first seats of the plan, which a journey chooses without being asked whether it needs an accessible one. */
const PLAIN_SEATS = 12;

/** A screening of the demo programme that is on sale and has room, a different one for every caller. */
export async function aScreeningOnSale(person: ApiPerson, skip: number): Promise<ScreeningCard & { slug: string }> {
  const found = await person.get<SearchAnswer>('/api/search');
  let left = skip;
  for (const { slug } of found.nowShowing) {
    const first = await person.get<MovieDetail>(`/api/movies/${slug}`);
    for (const day of first.days.slice(1, 3)) {
      const movie = await person.get<MovieDetail>(`/api/movies/${slug}?date=${day}`);
      const screenings = movie.theaters.flatMap((theater) => theater.screenings);
      for (const screening of screenings.filter(({ saleState }) => saleState === 'on_sale')) {
        const { plan } = await person.get<ScreeningDetail>(`/api/screenings/${screening.screeningId}`);
        if (plan.seats.some(({ no, kind }) => no <= PLAIN_SEATS && kind !== 'standard')) continue;
        if (left === 0) return { ...screening, slug };
        left -= 1;
      }
    }
  }
  throw new Error('the demo programme has too few screenings');
}

type SandboxPayment = { provider: string; id: string; method: string; amountCents: number; can: string[] };

/** The newest payment of the sandbox that offers `action`, as soon as there is one. */
export async function paymentThatCan(house: HouseFacts, action: string, amountCents: number): Promise<SandboxPayment> {
  const list = async () => {
    const answer = await fetch(`${house.sandboxUrl}/sandbox/payments`);
    const { payments } = (await answer.json()) as { payments: SandboxPayment[] };
    return payments.find((one) => one.can.includes(action) && one.amountCents === amountCents) ?? null;
  };
  return (await until(list, (payment) => payment !== null))!;
}
