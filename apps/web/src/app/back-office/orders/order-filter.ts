import type { Query } from '../../api/api.ts';

export const ORDER_SORTS = ['created', '-created', 'starts', '-starts', 'total', '-total'] as const;
export type OrderSort = (typeof ORDER_SORTS)[number];

/** What the address says: /admin/pedidos?q=&estado=&ordem=&pagina= */
export type OrderFilter = { q: string; state: string; sort: OrderSort; page: number };

export function readFilter(address: { q?: string; estado?: string; ordem?: string; pagina?: string }): OrderFilter {
  const sort = ORDER_SORTS.find((known) => known === address.ordem) ?? '-created';
  const page = Number(address.pagina);
  return {
    q: (address.q ?? '').trim(),
    state: address.estado ?? '',
    sort,
    page: Number.isInteger(page) && page > 0 ? page : 1,
  };
}

/** The same as query parameters of our address; what is usual is left out. */
export function addressOf(filter: OrderFilter) {
  return {
    q: filter.q || null,
    estado: filter.state || null,
    ordem: filter.sort === '-created' ? null : filter.sort,
    pagina: filter.page === 1 ? null : filter.page,
  };
}

export function queryOf(filter: OrderFilter): Query {
  return { q: filter.q, state: filter.state, sort: filter.sort, page: filter.page };
}

/** The same choice as a file; all of it, so without a page. */
export function csvAddress(filter: OrderFilter): string {
  const query = new URLSearchParams();
  if (filter.q) query.set('q', filter.q);
  if (filter.state) query.set('state', filter.state);
  query.set('sort', filter.sort);
  return `/api/admin/orders.csv?${query.toString()}`;
}

/** Pressing a heading: first downwards (newest, greatest), then the other way round. */
export function turnSort(current: OrderSort, column: 'created' | 'starts' | 'total'): OrderSort {
  return current === `-${column}` ? column : `-${column}`;
}
