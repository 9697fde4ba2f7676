export const ORDER_SORTS = ['created', '-created', 'starts', '-starts', 'total', '-total'] as const;
export type OrderSort = (typeof ORDER_SORTS)[number];

/**
 * The choice. The address says all of it but `q` (/admin/pedidos?estado=&ordem=&pagina=): people look for orders by
 * e-mail, and an address ends in logs, in histories and in messages.
 */
export type OrderFilter = { q: string; state: string; sort: OrderSort; page: number };

export function readFilter(q: string, address: { estado?: string; ordem?: string; pagina?: string }): OrderFilter {
  const sort = ORDER_SORTS.find((known) => known === address.ordem) ?? '-created';
  const page = Number(address.pagina);
  return {
    q: q.trim(),
    state: address.estado ?? '',
    sort,
    page: Number.isInteger(page) && page > 0 ? page : 1,
  };
}

/** The same as query parameters of our address; what is usual is left out. */
export function addressOf(filter: OrderFilter) {
  return {
    estado: filter.state || null,
    ordem: filter.sort === '-created' ? null : filter.sort,
    pagina: filter.page === 1 ? null : filter.page,
  };
}

/** The question as the history entry of a tab keeps it, for the way back from an order. */
export function questionOf(historyState: unknown): string {
  const q = (historyState as { q?: unknown } | null)?.q;
  return typeof q === 'string' ? q : '';
}

/** The same choice for the file: all of it, so without a page. */
export function fileOf({ page: _page, ...choice }: OrderFilter): Omit<OrderFilter, 'page'> {
  return choice;
}

/** Pressing a heading: first downwards (newest, greatest), then the other way round. */
export function turnSort(current: OrderSort, column: 'created' | 'starts' | 'total'): OrderSort {
  return current === `-${column}` ? column : `-${column}`;
}
