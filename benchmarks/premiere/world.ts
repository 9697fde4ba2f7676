import type { Database } from '#platform/postgres';
import { seatPlan } from '#testing/builders';

// A premiere: two thousand screenings of which twenty draw half of everybody. Those are in halls of 2,000 seats (the
// largest that ANCINE's registry knows), the others in halls of 300.

export const HOT_SCREENINGS = 20;
export const HOT_SEATS = { rows: 40, perRow: 50 };
export const OTHER_SEATS = { rows: 15, perRow: 20 };
const SCREENINGS_PER_HALL = 20;
const THEATERS = 20;

const TITLES = [
  ['Limite', 'Ganga Bruta', 'Nosferatu', 'Metrópolis', 'Aurora', 'Fausto', 'O Garoto', 'Em Busca do Ouro'],
  ['O Fantasma da Ópera', 'O Gabinete do Doutor Caligari', 'A General', 'Sherlock Jr.', 'O Homem-Mosca', 'A Turba'],
  ['Viagem à Lua', 'O Encouraçado Potemkin', 'A Paixão de Joana d’Arc', 'As Aventuras do Príncipe Achmed', 'Greed'],
].flat();

export type World = {
  hot: { screeningId: number; seats: number }[];
  others: { screeningId: number; seats: number }[];
  movies: { slug: string; title: string }[];
  days: string[];
};

/** Registers the whole programme, from tomorrow noon on, and leaves the tables vacuumed and analyzed. */
export async function registerPremiere(db: Database, screenings: number): Promise<World> {
  const movies = await db.rows<{ id: number; slug: string; title: string }>(
    `insert into catalog.movies (natural_key, slug, title, rating, running_minutes, genres, director, synopsis)
     select 'code:bench-' || n, 'filme-' || n, title, '12', 110, '{Drama}', 'Alguém', repeat('Uma história. ', 20)
       from unnest($1::text[]) with ordinality as film(title, n)
     returning movie_id as id, slug, title`,
    [TITLES],
  );
  const theaters = await db.rows<{ id: number }>(
    `insert into catalog.theaters (registry_no, slug, name, city, state, address)
     select 'BENCH-' || n, 'cine-' || n, 'Cine ' || n, (array['Recife', 'Salvador', 'Belém', 'Goiânia'])[1 + n % 4],
            (array['PE', 'BA', 'PA', 'GO'])[1 + n % 4], 'Rua da Aurora, ' || n
       from generate_series(1, $1) as n returning theater_id as id`,
    [THEATERS],
  );
  const halls = async (count: number, size: { rows: number; perRow: number }, kind: string) => {
    const plan = seatPlan(size.rows, size.perRow);
    return db.rows<{ hall: number; theater: number; plan: number }>(
      `with halls as (
         insert into catalog.auditoriums (theater_id, registry_no, name, seats_total)
         select ($1::int[])[1 + n % cardinality($1::int[])], $2 || n, 'Sala ' || n, $3
           from generate_series(1, $4) as n returning auditorium_id, theater_id),
       plans as (
         insert into catalog.seat_plans (auditorium_id, fingerprint, seat_count, plan)
         select auditorium_id, 'bench', $3, $5 from halls returning auditorium_id, seat_plan_id)
       select auditorium_id as hall, theater_id as theater, seat_plan_id as plan from halls join plans using (auditorium_id)`,
      [theaters.map((row) => row.id), kind, plan.seats.length, count, JSON.stringify(plan)],
    );
  };
  const others = Math.max(0, screenings - HOT_SCREENINGS);
  const big = await halls(HOT_SCREENINGS, HOT_SEATS, 'BIG-');
  const small = await halls(Math.ceil(others / SCREENINGS_PER_HALL), OTHER_SEATS, 'HALL-');
  await db.rows(
    `update catalog.auditoriums a set seat_plan_id = p.seat_plan_id from catalog.seat_plans p
      where p.auditorium_id = a.auditorium_id`,
  );
  const film = (index: number) => movies[index % movies.length]!.id;
  const hot = await screen(db, big, 1, film);
  const rest = await screen(db, small, SCREENINGS_PER_HALL, (index) => film(index + 3));
  for (const table of ['holds.tickets', 'screenings.screenings', 'catalog.movies', 'catalog.seat_plans']) {
    await db.rows(`vacuum analyze ${table}`);
  }
  const days = await db.rows<{ day: string }>(
    'select distinct cinema_day as day from screenings.screenings order by 1',
  );
  return { hot, others: rest.slice(0, others), movies, days: days.map((row) => row.day) };
}

async function screen(
  db: Database,
  halls: { hall: number; theater: number; plan: number }[],
  perHall: number,
  film: (index: number) => number,
) {
  const shows = halls.flatMap((hall, index) =>
    Array.from({ length: perHall }, (_, nth) => ({ ...hall, nth, movie: film(index * perHall + nth) })),
  );
  const rows = await db.rows<{ screeningId: number; seats: number }>(
    `insert into screenings.screenings (auditorium_id, theater_id, movie_id, seat_plan_id, starts_at, ends_at, cinema_day,
       price_cents, half_price_quota, sales_close_at)
     select s.hall, s.theater, s.movie, s.plan, s.at, s.at + interval '2 hours',
            (s.at at time zone 'America/Sao_Paulo')::date, 3200, (p.seat_count * 4 + 9) / 10, s.at + interval '15 minutes'
       from (select hall, theater, movie, plan, date_trunc('day', now()) + interval '39 hours' + nth * interval '6 hours' as at
               from unnest($1::int[], $2::int[], $3::int[], $4::int[], $5::int[]) as w(hall, theater, movie, plan, nth)) as s
       join catalog.seat_plans p on p.seat_plan_id = s.plan
     returning screening_id as "screeningId", half_price_quota * 10 / 4 as seats`,
    [
      shows.map((show) => show.hall),
      shows.map((show) => show.theater),
      shows.map((show) => show.movie),
      shows.map((show) => show.plan),
      shows.map((show) => show.nth),
    ],
  );
  await db.rows(
    `insert into holds.tickets (screening_id, seat_no, price_cents)
     select s.screening_id, no, s.price_cents from screenings.screenings s
       join catalog.seat_plans p using (seat_plan_id) cross join lateral generate_series(1, p.seat_count) as no
      where s.screening_id = any($1)`,
    [rows.map((row) => row.screeningId)],
  );
  await db.rows('insert into holds.quotas select id, 0 from unnest($1::int[]) as id', [
    rows.map((row) => row.screeningId),
  ]);
  return rows;
}
