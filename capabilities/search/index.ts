export { listCities, listTheaters } from './places.ts';
export { type MovieQuery, readMovie } from './movie-page.ts';
export { PAGE_SIZE, searchMovies } from './search-movies.ts';
