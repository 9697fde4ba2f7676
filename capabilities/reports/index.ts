export { readBoard } from './board.ts';
export { cinemaDayNow, readProgramme, readScreeningOccupancy } from './programme.ts';
export { exportOrders, type OrderSearch, searchOrders } from './search-orders.ts';
export { readAuditorium, readTheater, searchTheaters } from './theaters.ts';
