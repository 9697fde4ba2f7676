import type { Rating } from '#contracts/catalog';

// What a caller knows about an entity. Undefined and null both say "not told" and never erase what is known.

type Told<T> = T | null | undefined;
export type PlaceStatus = 'open' | 'closed' | 'temporarily_closed';

export type TheaterRecord = {
  registryNo: string;
  name: string;
  city: string;
  state: string;
  exhibitor?: Told<string>;
  district?: Told<string>;
  address?: Told<string>;
  postalCode?: Told<string>;
  website?: Told<string>;
  timeZone?: Told<string>;
  status?: Told<PlaceStatus>;
};

export type SeatCounts = {
  seatsTotal: number;
  seatsWheelchair: number;
  seatsCompanion: number;
  seatsReducedMobility: number;
  seatsPlusSize: number;
};

export type AuditoriumRecord = {
  registryNo: string;
  theaterRegistryNo: string;
  name: string;
  status?: Told<PlaceStatus>;
  rampToSeats?: Told<boolean>;
  rampToAuditorium?: Told<boolean>;
  accessibleRestrooms?: Told<boolean>;
  openedOn?: Told<string>;
} & { [K in keyof SeatCounts]?: Told<number> };

/** Names as the table has them: the record travels to SQL as it is. */
export type MovieRecord = {
  natural_key: string;
  title: string;
  original_title?: Told<string>;
  synopsis?: Told<string>;
  rating?: Told<Rating>;
  running_minutes?: Told<number>;
  genres?: Told<string[]>;
  director?: Told<string>;
  actors?: Told<string[]>;
  country?: Told<string>;
  released_on?: Told<string>;
  poster_url?: Told<string>;
  credit?: Told<string>;
};

export type Upserted = {
  key: string;
  id: number | null;
  outcome: 'created' | 'updated' | 'unchanged' | 'theater_unknown';
  before: unknown;
};
