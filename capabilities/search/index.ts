export { type Moment } from './filters.ts';
export { keepProgramme, type KeptProgramme } from './keep-programme.ts';
export { fillMoviePage, type MoviePage, type MovieQuery, movieKey, moviePage } from './movie-page.ts';
export { listCities, listTheaters } from './places.ts';
export type { Programme } from './programme.ts';
export { readMovieBySlug } from './programme-rows.ts';
export { PAGE_SIZE, searchKey, searchMovies } from './search-movies.ts';
