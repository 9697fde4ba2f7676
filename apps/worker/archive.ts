import type { createArchiver } from '#capabilities/holds';
import type { Log } from '#platform/log';

const TOLD_MAX = 1_000;

/**
 * The archive as a loop of the worker: each call is one turn and says what the operator must know, a screening that a
 * person must look at once per process. Never asks for another turn at once: the pause leaves the processors to the sale.
 */
export function archiveLoop(archiver: ReturnType<typeof createArchiver>, log: Log): () => Promise<false> {
  const told = new Set<number>();
  return async () => {
    const done = await archiver.turn();
    if (done.archived > 0) log.info({ archived: done.archived }, 'old screenings archived');
    const news = done.differs.filter((id) => !told.has(id));
    if (news.length > 0) {
      log.error(
        { screeningIds: news, runbook: 'docs/runbooks/archive-is-behind.md' },
        'sold tickets and paid orders differ, the screening is not archived',
      );
      if (told.size > TOLD_MAX) told.clear();
      for (const id of news) told.add(id);
    }
    return false;
  };
}
